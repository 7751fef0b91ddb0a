// System calls (spec F): what a program asks of the kernel, by `int 0x80`.
//
//     eax                      number, and afterwards the answer: a value, or -errno
//     ebx ecx edx esi edi ebp  up to six arguments
//
//     ring 3        trap_entry.S         here                     who knows
//     int $0x80 --> save all, frame --> table[frame.eax] --> sys_write(fd, buffer, count)
//               <-- restore, iret   <-- signals, other tasks  <-- syscall_result
//
// Numbers, structures and errno values are those of Linux for i386. Who can answer a call
// registers it in his own file, and the table is filled from all of these:
//
//     SYSCALL_DEFINE(4, write, u32 fd, user_ptr<const void> buffer, u32 count) {
//         ...
//         return err{EBADF};
//     }
//
// Arguments are numbers of at most 32 bits and user_ptrs. One that stands first and is a
// trap_frame& costs no register: the frame of the call itself, which fork() copies and
// execve() changes.
//
// I1: whatever the registers hold, the answer is a number: arguments are looked at by who
//     uses them, and no pointer of a program's is followed but by mm/vm/user_access.hpp.
// I2: an answer from -4095 to -1 is an errno, any other one is a value.
//
// Left out: 64-bit arguments come in two registers, low word first, and are put together by
// the call. sysenter and the vDSO.
#pragma once

#include "arch/i386/traps.hpp"
#include "lib/registry.hpp"
#include "lib/result.hpp"
#include "mm/vm/user_access.hpp"

// Of i386 in Linux 6.1.
inline constexpr u32 NR_syscalls = 451;

class syscall_result {
public:
    constexpr syscall_result(u32 value) : raw_(static_cast<s32>(value)) {}
    constexpr syscall_result(s32 value) : raw_(value) {}
    constexpr syscall_result(err failure) : raw_(-failure.checked()) {}
    constexpr syscall_result(const result<>& outcome) : raw_(-outcome.error()) {}
    template <class T>
    constexpr syscall_result(const result<T>& outcome)
        : raw_(outcome ? static_cast<s32>(*outcome) : -outcome.error()) {}

    constexpr s32 raw() const { return raw_; }

private:
    s32 raw_;
};

struct system_call {
    u32 number;
    const char* name;
    s32 (*handle)(trap_frame& frame);
};
DECLARE_REGISTRY(system_call);

namespace syscall_detail {

template <class T>
T argument(const trap_frame& frame, u32 index) {
    static_assert(sizeof(T) <= sizeof(u32));
    const u32 raw = (&frame.ebx)[index];
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
        return static_cast<T>(raw);
    else
        return T(raw);
}

template <class... Arguments, size_t... Index>
s32 call(syscall_result (*function)(Arguments...), trap_frame& frame,
         std::index_sequence<Index...>) {
    return function(argument<Arguments>(frame, Index)...).raw();
}
template <class... Arguments, size_t... Index>
s32 call(syscall_result (*function)(trap_frame&, Arguments...), trap_frame& frame,
         std::index_sequence<Index...>) {
    return function(frame, argument<Arguments>(frame, Index)...).raw();
}

template <class... Arguments>
constexpr auto indices(syscall_result (*)(Arguments...)) {
    return std::index_sequence_for<Arguments...>{};
}
template <class... Arguments>
constexpr auto indices(syscall_result (*)(trap_frame&, Arguments...)) {
    return std::index_sequence_for<Arguments...>{};
}

template <auto Function>
s32 unpack(trap_frame& frame) {
    return call(Function, frame, indices(Function));
}

}  // namespace syscall_detail

#define SYSCALL_DEFINE(nr, called, ...)                                     \
    static syscall_result sys_##called(__VA_ARGS__);                        \
    REGISTER(system_call, called##_system_call) = {                         \
        nr, #called, syscall_detail::unpack<sys_##called>};                 \
    static syscall_result sys_##called(__VA_ARGS__)

// Another number for a call that answers the same.
#define SYSCALL_ALIAS(nr, called, original)                                 \
    REGISTER(system_call, called##_system_call) = {                         \
        nr, #called, syscall_detail::unpack<sys_##original>}

// The table is filled. A number that is claimed twice is a bug.
void system_calls_init();
// Its name; null: there is no such call.
const char* system_call_name(u32 number);
