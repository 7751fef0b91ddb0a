// Two levels, 32-bit entries: every i386 has them.
#pragma once

#include "lib/types.hpp"

using phys_raw = u32;
inline constexpr bool paging_is_pae = false;
