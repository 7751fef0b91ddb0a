// The host's stand-in for the linear map: an arena that begins at PAGE_OFFSET.
// A test that wants one sets it (see host-tests/support/arena.hpp).
#pragma once

#include "lib/types.hpp"

using phys_raw = u64;
extern uintptr_t PAGE_OFFSET;
