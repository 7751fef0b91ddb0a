// The kernel's address-space constants (spec A2), and the width of a physical
// address, which the page-table format decides.
#pragma once

#include <cpu/paging_mode.hpp>
#include "lib/types.hpp"

inline constexpr uintptr_t PAGE_OFFSET = 0xC0000000;
