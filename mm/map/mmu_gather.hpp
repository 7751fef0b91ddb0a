// What an unmap takes out of page tables, on its way to be freed.
//
//     unmap        entries are emptied; remove_page(), remove_table() collect
//     flush        the CPUs forget what they kept of the range
//     free         pages and tables go to their owners
//
// Until the flush a CPU may use the old entry, and walk the old table and write its marks
// into it. So nothing is freed before (I2 and I3 of page_table.hpp). The batch is an array
// on the stack; when it is full, that much is flushed and freed on the way.
//
// I1: what was collected is freed once, behind a flush of all that was touched until then.
// I2: when finish() returns, nothing is collected and nothing touched is without a flush.
//
// The space says how its CPUs forget, and takes the rest:
//
//     page_name                    what a page is collected as: pfn, page*
//     flush(start, pages, freed)   at least one page; which tables were taken out besides
//     free_pages(names, count)
//     free_table(address)
#pragma once

#include "arch/i386/tlb.hpp"
#include "lib/address.hpp"

template <class S>
concept gathering_space = requires(S space, u32 pages, freed_tables freed,
                                   const typename S::page_name* names, u64 table) {
    space.flush(pages, pages, freed);
    space.free_pages(names, pages);
    space.free_table(table);
};

template <class S, u32 Batch = 64>
class mmu_gather {
public:
    using page_name = typename S::page_name;

    explicit mmu_gather(S& space) : space_(space) {
        static_assert(gathering_space<S>);  // here, as a space may hold one itself
    }
    ~mmu_gather() { finish(); }
    mmu_gather(const mmu_gather&) = delete;
    mmu_gather& operator=(const mmu_gather&) = delete;

    // Entries of the range were there and are less than they were.
    void touch(u32 address, u32 pages) {
        if (pages == 0) return;
        const u32 first = address >> PAGE_SHIFT;
        first_ = min_of(first_, first);
        end_ = max_of(end_, first + pages);
    }

    // The page was mapped in what was touched, now or before a flush on the way.
    void remove_page(page_name page) {
        if (is_full()) finish();
        names_[pages_++] = page;
    }
    // Who holds a lock may stop here, and finish without it.
    bool is_full() const { return pages_ == Batch; }

    // A table that free_tables() showed; `level` is that of its entries.
    void remove_table(u64 table, unsigned level) {
        tables_taken_[tables_++] = static_cast<u32>(table >> PAGE_SHIFT);
        freed_ =
            max_of(freed_, level == 0 ? freed_tables::of_pages : freed_tables::directories);
        if (tables_ == table_batch) finish();
    }

    void finish() {
        if (end_ > first_ || freed_ != freed_tables::none) flush();
        if (pages_ > 0) space_.free_pages(names_, pages_);
        for (u32 i = 0; i < tables_; ++i)
            space_.free_table(pfn(tables_taken_[i]).address().raw());
        pages_ = tables_ = 0;
    }

private:
    static constexpr u32 table_batch = 16;
    static constexpr u32 no_page = ~0u;

    // Tables that held nothing any more were walked at some address: to drop a page, any
    // one, drops what is kept of tables as well.
    void flush() {
        const bool touched = end_ > first_;
        space_.flush(touched ? first_ << PAGE_SHIFT : 0, touched ? end_ - first_ : 1,
                     freed_);
        first_ = no_page;
        end_ = 0;
        freed_ = freed_tables::none;
    }

    S& space_;
    u32 first_ = no_page, end_ = 0;  // page numbers
    freed_tables freed_ = freed_tables::none;
    u32 pages_ = 0, tables_ = 0;
    page_name names_[Batch];
    u32 tables_taken_[table_batch];  // numbers, as pfn would be cleared first
};
