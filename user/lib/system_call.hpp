// The one door into the kernel: `int $0x80`.
//
//     eax   the number              on return: the answer, or a negative errno
//     ebx, ecx, edx, esi, edi, ebp  up to six arguments
//
// calls.hpp has a function for each call that these programs make.
#pragma once

#include "user/lib/system_call_numbers.hpp"

extern "C" [[gnu::regparm(0)]] int call_kernel(u32 number, u32 a, u32 b, u32 c, u32 d,
                                               u32 e, u32 f);

// What an argument is in a register.
template <class T>
u32 in_register(T value) {
    if constexpr (__is_same(T, decltype(nullptr)))
        return 0;
    else
        return u32(value);
}

template <class... T>
int system_call(call_number number, T... arguments) {
    static_assert(sizeof...(arguments) <= 6);
    const u32 values[6] = {in_register(arguments)...};
    return call_kernel(u32(number), values[0], values[1], values[2], values[3], values[4],
                       values[5]);
}
