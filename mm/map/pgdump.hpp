// The kernel's page tables as ranges: neighbours with the same rights, page size and kind
// are one (spec A7). The monitor's `pgdump` prints them; a test holds each against the
// rules.
#pragma once

#include "mm/map/init_mm.hpp"

struct mapped_range {
    u32 start;
    u32 pages;
    unsigned level;  // of its entries: 0 pages, 1 large pages
    page_rights rights;

    u32 last() const { return start + (pages << PAGE_SHIFT) - 1; }
};

// "rwx" as the CPU has it: without NX whatever can be read can be executed.
struct shown_rights {
    page_rights rights;
};
void format_value(text_sink& out, const format_spec& spec, shown_rights shown);

// visit(mapped_range) for each, in order of addresses.
template <class Visit>
void for_each_mapped_range(const kernel_map& map, Visit visit) {
    constexpr u32 all_pages = 1u << (32 - PAGE_SHIFT);
    mapped_range open{};
    map.for_each_leaf(0, all_pages, [&](u32 at, u32 pages, unsigned level,
                                        kernel_format::entry raw) {
        const page_rights rights = kernel_format::rights(raw);
        if (open.pages > 0 && open.last() + 1 == at && open.level == level &&
            open.rights == rights) {
            open.pages += pages;
            return;
        }
        if (open.pages > 0) visit(open);
        open = {at, pages, level, rights};
    });
    if (open.pages > 0) visit(open);
}

void print_page_tables(text_sink& out, const kernel_map& map);
