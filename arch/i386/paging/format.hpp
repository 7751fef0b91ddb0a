// What a page-table format must offer. Two exist (two_level.hpp, pae.hpp), each a
// page of code that holds all that is odd about it; whoever walks or builds
// tables is a template over this concept and knows none of the oddities.
//
// Levels count from the bottom: level 0 entries map 4 KiB pages, the top level is
// what CR3 points to. A leaf may also stand at level 1 (a large page).
#pragma once

#include "lib/types.hpp"

#include <concepts>

// What a mapping allows. Pages are present and readable; the rest is said.
struct page_rights {
    bool write = false;
    bool user = false;
    bool global = false;
    // PCD without PWT: "UC-", uncached unless an MTRR says write-combining, as it
    // does for frame buffers. With PWT too, the page tables would overrule it, and
    // drawing would crawl (Intel SDM vol. 3, 11.5.2.2 and the PAT's default entries).
    bool uncached = false;
    bool no_execute = false;
};

template <class F>
concept page_table_format = requires(typename F::entry e, typename F::entry& slot,
                                     u64 address, page_rights rights) {
    requires std::unsigned_integral<typename F::entry>;  // one entry of any level
    { F::levels } -> std::convertible_to<unsigned>;      // how many levels there are
    { F::shift(0u) } -> std::same_as<unsigned>;          // log2 of what an entry spans
    { F::entries(0u) } -> std::same_as<unsigned>;        // entries of a table
    { F::leaf(address, rights, 0u) } -> std::same_as<typename F::entry>;
    { F::table(address, 0u) } -> std::same_as<typename F::entry>;
    { F::present(e) } -> std::same_as<bool>;
    { F::is_leaf(e, 0u) } -> std::same_as<bool>;
    { F::address(e, 0u) } -> std::same_as<u64>;          // of the frame or the table
    F::store(slot, e);                                   // never half an entry live
};

template <page_table_format F>
constexpr unsigned entry_index(u32 address, unsigned level) {
    return (address >> F::shift(level)) & (F::entries(level) - 1);
}
