// The host's stand-in for the linear map: an arena that begins at PAGE_OFFSET.
// A test that wants one sets PAGE_OFFSET to its address.
#pragma once

#include "lib/types.hpp"

using phys_raw = u64;
extern uintptr_t PAGE_OFFSET;
