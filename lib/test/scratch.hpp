// Room for what a test is too large to have on the kernel's stack. Tests run one after
// another, so all of them use the same: a static variable each would double the image.
//
//     history& keys = in_scratch<history>();     made anew; the last one's is gone
#pragma once

#include "lib/types.hpp"

#include <new>

inline constexpr size_t test_scratch_size = 32 * 1024;

struct alignas(4096) test_scratch_room {
    char bytes[test_scratch_size];
};
inline constinit test_scratch_room test_scratch{};

// What is there, taken for a T.
template <class T>
T& scratch_as() {
    static_assert(sizeof(T) <= test_scratch_size && alignof(T) <= alignof(test_scratch_room));
    return *std::launder(reinterpret_cast<T*>(test_scratch.bytes));
}

template <class T, class... Args>
T& in_scratch(const Args&... args) {
    static_cast<void>(scratch_as<T>());
    return *new (test_scratch.bytes) T(args...);
}
