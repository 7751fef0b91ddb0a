// Telling a sanitizer which memory is in use; in the kernel there is none yet.
#pragma once

#include "lib/types.hpp"

#define NO_SANITIZE_ADDRESS

inline void sanitize_allocated(const void*, size_t) {}
inline void sanitize_freed(const void*, size_t) {}
