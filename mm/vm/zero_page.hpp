// The one page of zeroes that stands, read-only, for all anonymous memory that was read
// before it was written (spec F2). Its entries are special: no struct page counts them.
#pragma once

#include "mm/vm/user_tables.hpp"

extern page* zero_page;  // from user_pages_init() on
extern pfn zero_pfn;

inline bool is_zero_page(pte_entry entry) {
    return kernel_format::frame(entry) == zero_pfn.raw();
}
