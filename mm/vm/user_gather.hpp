// A gather (mmu_gather.hpp) over an address space of a user's.
#pragma once

#include "mm/map/mmu_gather.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/clean_tables.hpp"
#include "mm/vm/user_tables.hpp"

struct user_gather_space {
    using page_name = page*;
    mm_struct& mm;

    void flush(u32 start, u32 pages, freed_tables freed) {
        flush_tlb_space_range(&mm, start, pages, freed);
    }
    void free_pages(page* const* pages, u32 count) { release_pages(pages, count); }
    void free_table(u64 table) {
        mm.pgtables_bytes.fetch_sub(PAGE_SIZE, memory_order::relaxed);
        free_clean_table(user_table_memory::table_page(table));
    }
};

class user_gather {
public:
    explicit user_gather(mm_struct& mm) : space_{mm}, gather_(space_), rss_(mm) {}

    mm_struct& mm() const { return space_.mm; }
    // Entries of the range were there and are gone. To be said before finish().
    void touch(u32 start, u32 end) { gather_.touch(start, (end - start) >> PAGE_SHIFT); }
    // What one of them showed; its reference goes with it.
    void remove(pte_entry before) {
        page* const page = vm_normal_page(before);
        if (!page) return;
        if (!PageAnon(*page)) pass_marks_on(*page, before);
        rss_.add(rss_kind_of(*page), -1);
        page_remove_rmap(*page);
        gather_.remove_page(page);
    }
    // While there is room, nothing is flushed and freed on the way.
    bool is_full() const { return gather_.is_full(); }
    void finish() { gather_.finish(); }
    void remove_table(u64 table, unsigned level) { gather_.remove_table(table, level); }

private:
    // What the CPU has noted in the entry is true of the file's page.
    static void pass_marks_on(page& page, pte_entry before) {
        if (kernel_format::dirty(before)) set_page_dirty(page);
        if (kernel_format::accessed(before) && !page_test(page, PG_referenced))
            SetPageFlag(page, PG_referenced);
    }

    user_gather_space space_;
    mmu_gather<user_gather_space> gather_;
    rss_change rss_;
};
