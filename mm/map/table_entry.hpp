// What page_table.hpp walks over: entries, each of the type of its level, and the memory
// that tables are taken from.
#pragma once

#include "arch/i386/paging/format.hpp"
#include "lib/address.hpp"

// An entry of one level: types, so that no level is taken for another.
template <page_table_format F, unsigned Level>
struct table_entry {
    using format = F;
    typename F::entry raw = 0;

    constexpr bool none() const { return F::none(raw); }
    constexpr bool present() const { return F::present(raw); }
    // Inaccessible ones, too: they are no tables either.
    constexpr bool large() const {
        return Level == 1 && F::has_frame(raw) && F::is_leaf(raw, Level);
    }
    constexpr u64 address() const { return F::address(raw, Level); }
    constexpr bool operator==(const table_entry&) const = default;
};
template <class F> using pgd_of = table_entry<F, 2>;
template <class F> using pmd_of = table_entry<F, 1>;
template <class F> using pte_of = table_entry<F, 0>;

template <class M>
concept table_memory = requires(M memory, u64 table, unsigned tables, void* mapped) {
    // The next `tables` calls of take() will succeed. False: no memory, nothing is held.
    { memory.reserve(tables) } -> std::same_as<bool>;
    { memory.take() } -> std::same_as<u64>;  // a zeroed page: where it is in memory
    memory.release();                        // what of the reserve was not taken
    // The top entry of that index is another one now: address spaces that share it, and
    // CPUs that keep a copy (PAE), are to know.
    memory.top_changed(tables);
    { memory.directory(table) } -> std::same_as<void*>;
    { memory.map_table(table) } -> std::same_as<void*>;
    memory.unmap_table(mapped);
};
