// The kernel's page-table format, by the names that books use, and the top of a table that
// shares the kernel's part (init_mm.hpp).
#pragma once

#include <kernel_format.hpp>  // PAE or two-level, found by include path
#include "lib/list.hpp"
#include "mm/map/page_table.hpp"

using pgd_t = pgd_of<kernel_format>;
using pmd_t = pmd_of<kernel_format>;
using pte_t = pte_of<kernel_format>;

// A top table that shares the kernel's part.
struct shared_pgd {
    pgd_t* pgd;
    list_head node;
};
