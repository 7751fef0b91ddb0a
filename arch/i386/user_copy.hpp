// Copying between the kernel and addresses of a user's, which may not be there: a page
// fault that nobody can resolve ends the copy (extable.hpp). Each returns how many bytes
// were not copied, to the byte; those before them were.
//
// The addresses are not looked at: that they are a user's is the caller's to know
// (mm/vm/user_access.hpp, which everybody else uses).
//
// All of it lies side by side in the image. So a page fault that the kernel takes at a
// user's address is told from a bug by where it happened.
#pragma once

#include "lib/types.hpp"

[[nodiscard]] u32 raw_copy_from_user(void* to, u32 from, u32 bytes);
[[nodiscard]] u32 raw_copy_to_user(u32 to, const void* from, u32 bytes);
[[nodiscard]] u32 raw_clear_user(u32 to, u32 bytes);

// One value (u8, u16, u32), by one instruction. False: it is not there; what was to be
// read is 0.
template <class T>
[[nodiscard]] bool raw_get_user(T& value, u32 from);
template <class T>
[[nodiscard]] bool raw_put_user(T value, u32 to);

// If the word is `value`, it becomes `desired`, in one step that no other CPU interrupts;
// `value` is what it was. False: it is not there.
[[nodiscard]] bool raw_compare_exchange_user(u32 to, u32& value, u32 desired);

extern "C" const u8 __user_copy_start[], __user_copy_end[];

// Whether the kernel touches a user's memory at this instruction.
inline bool is_user_copy(uintptr_t instruction) {
    return instruction - reinterpret_cast<uintptr_t>(__user_copy_start) <
           static_cast<uintptr_t>(__user_copy_end - __user_copy_start);
}
