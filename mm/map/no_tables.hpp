// Whether large pages may be put somewhere: only where no table stands, not even one in
// which nothing is mapped any more, for tables are kept.
#pragma once

#include "lib/address.hpp"

template <class Table>
bool has_no_tables(const Table& table, u32 address, u32 pages) {
    for (u32 done = 0; done < pages;) {
        const u32 at = address + (done << PAGE_SHIFT);
        const auto* const pmd = table.pmd_of_address(at);
        if (pmd && !pmd->none()) return false;
        done += Table::pages_per_pmd - (at >> PAGE_SHIFT & (Table::pages_per_pmd - 1));
    }
    return true;
}
