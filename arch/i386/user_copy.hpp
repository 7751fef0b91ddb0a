// Copying between the kernel and addresses of a user's, which may not be there: a page
// fault that nobody can resolve ends the copy (extable.hpp). Each returns how many bytes
// were not copied, to the byte; those before them were.
//
// The addresses are not looked at: that they are a user's is the caller's to know
// (mm/vm/user_access.hpp, which everybody else uses).
#pragma once

#include "lib/types.hpp"

[[nodiscard]] u32 raw_copy_from_user(void* to, u32 from, u32 bytes);
[[nodiscard]] u32 raw_copy_to_user(u32 to, const void* from, u32 bytes);
[[nodiscard]] u32 raw_clear_user(u32 to, u32 bytes);
