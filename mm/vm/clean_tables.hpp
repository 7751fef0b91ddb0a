// Page tables that are nobody's at the moment and hold nothing: 2.6's quicklists.
//
//     pte_alloc()  <--take--  | table | table | table |  <--keep--  a gather's free_table()
//                             low memory's and high memory's apart
//
// A table goes when all its entries are none again, so the next program need not clear it:
// that is a fifth of what a small fork costs. Where memory is short they go back first: they
// have a shrinker.
//
// I1: each entry of a kept table is none.
// I2: where pages are made to fail (fail_page_alloc), tables do, too: none is taken.
// I3: at most one in 256 of the machine's pages is kept, and never more than max_kept.
#pragma once

#include "mm/phys/page.hpp"

inline constexpr u32 max_kept_tables = 64;

void clean_tables_init();

// One that was kept, of low memory alone or of high memory where there is one. Null: none.
page* take_clean_table(bool may_be_high);
// Of take_clean_table() or a zeroed page's, and it is empty again. What is too much is freed.
void free_clean_table(page* table);

// All of them go back; how many that were. vm_counters.clean_tables says how many there are.
u32 drain_clean_tables();
