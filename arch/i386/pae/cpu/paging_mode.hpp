// PAE: three levels, 64-bit entries, physical addresses above 4 GiB.
#pragma once

#include "lib/types.hpp"

using phys_raw = u64;
inline constexpr bool paging_is_pae = true;
