// A CPU's tables in an arena, the walker that makes them and the MMU that judges them.
#pragma once

#include "arch/i386/paging/pae.hpp"
#include "arch/i386/paging/two_level.hpp"
#include "host-tests/support/table_arena.hpp"
#include "mm/map/page_table.hpp"

template <page_table_format F>
struct table_machine {
    using format = F;
    static constexpr bool is_pae = F::levels == 3;
    static constexpr unsigned phys_bits = is_pae ? 40 : 32;
    static constexpr u32 large_pages = is_pae ? 512 : 1024;  // pages in a large one
    static constexpr u32 large_size = large_pages * PAGE_SIZE;
    // Above 4 GiB where that can be said.
    static constexpr u64 far_frame = is_pae ? 0x9'8000'0000 : 0x9800'0000;

    table_arena memory{is_pae};
    page_table<F, table_arena> tables{
        static_cast<pgd_of<F>*>(memory.top()), memory};
    software_mmu mmu{memory,
                     {.pae = is_pae,
                      .cr3 = static_cast<u32>(memory.top_address()),
                      .phys_bits = phys_bits}};

    // Takes out what is mapped in the range, and the tables that are then empty.
    bool unmap(u32 address, u32 pages) {
        return tables.unmap(address, pages, [](u32, u32, unsigned, typename F::entry) {});
    }
    void free_tables(u32 address, u32 pages) {
        tables.free_tables(address, pages,
                           [&](u64 table, unsigned) { memory.give_back(table); });
    }
    // Tables that are neither reachable nor free are lost.
    bool none_lost() {
        std::set<u64> reached;
        bool twice = false;
        mmu.for_each_table([&](u64 table) { twice |= !reached.insert(table).second; });
        return !twice && reached.size() == memory.in_use();
    }
};
