// The page tables of a user's address space: where they lie, and how they come and go.
//
//     mm->pgd()             directories              page tables
//     low memory            low memory               high memory, where there is some
//     PAE: 32 bytes         PAE only                 reached by kmap_atomic, one at a
//     two levels: a page                             time and for a moment
//
//      [ user | kernel ] -> [ 512 entries ] -------> [ entries ]
//                 `-------> init_mm's own, shared
//
// A table is made when the first page of its span is wanted, and goes when no area
// touches its span any more (unmap_region). Making one costs no lock: an empty one is had
// (clean_tables.hpp), and then put in place if there is still none.
//
// I1: mm.pgtables_bytes is PAGE_SIZE for each table below the top.
// I2: entries, and where tables are, change under mm.page_table_lock only; tables go
//     while mmap_sem is held for writing. So who holds mmap_sem finds a table where it
//     was, and who holds the spinlock finds its entries as they were.
// I3: nothing that allocates, sleeps or touches a user's address runs while a table is
//     mapped.
//
// A large page is never a user's, so a pmd is none or a table.
#pragma once

#include "mm/map/kmap.hpp"
#include "mm/vm/mm_types.hpp"

using pte_entry = kernel_format::entry;

// page_table's idea of memory: how to reach tables. Users' are made by pte_alloc().
struct user_table_memory {
    bool reserve(unsigned) { return false; }
    u64 take() { return 0; }
    void release() {}
    void top_changed(unsigned) {}
    void* directory(u64 table) const {
        return phys_to_virt(phys_addr(static_cast<phys_raw>(table)));
    }
    void* map_table(u64 table) const {
        return kmap_atomic_pfn(phys_to_pfn(phys_addr(static_cast<phys_raw>(table))));
    }
    void unmap_table(void* mapped) const { kunmap_atomic(mapped); }

    static page* table_page(u64 table) {
        return pfn_to_page(phys_to_pfn(phys_addr(static_cast<phys_raw>(table))));
    }
};
inline user_table_memory user_memory;
using user_page_table = page_table<kernel_format, user_table_memory>;

// What a pmd spans.
inline constexpr u32 PMD_SIZE = user_page_table::pages_per_pmd << PAGE_SHIFT;
// What a top entry spans, where it leads to a directory.
inline constexpr unsigned PGDIR_SHIFT = kernel_format::shift(kernel_format::levels - 1);

// The next multiple of `span` behind the address, but not past `end`. 3 GiB end all, so
// nothing wraps.
constexpr u32 span_end(u32 address, u32 span, u32 end) {
    return min_of(align_down(address, span) + span, end);
}

inline user_page_table tables_of(const mm_struct& mm) { return {mm.pgd(), user_memory}; }

// The pmd of an address, or null where there is no directory.
inline pmd_t* pmd_at(const mm_struct& mm, u32 address) {
    return tables_of(mm).pmd_of_address(address);
}

// The same, and there is a table behind it. Null: no memory; what was made stays, for the
// next one who asks. mmap_sem is held; may sleep.
pmd_t* pte_alloc(mm_struct& mm, u32 address);

// An entry that another CPU may be changing: both halves of one moment. Who acts on it
// looks again under the lock.
inline pte_entry read_entry(const pte_t& slot) {
    if constexpr (sizeof(pte_entry) == sizeof(u32)) {
        return *const_cast<const volatile pte_entry*>(&slot.raw);
    } else {
        using half [[gnu::may_alias]] = volatile u32;
        const half* const halves = reinterpret_cast<const half*>(&slot.raw);
        for (;;) {
            const u32 low = halves[0];
            const u32 high = halves[1];
            if (halves[0] == low) return pte_entry{high} << 32 | low;
        }
    }
}

// The first slot that holds something, or `stop`: most of what is looked at is empty.
inline pte_t* skip_none(pte_t* pte, const pte_t* stop) {
    while (pte != stop && pte->none()) ++pte;
    return pte;
}

// A table while one looks at it.
class mapped_table {
public:
    [[gnu::always_inline]] mapped_table(pmd_t pmd, u32 address)
        : table_(static_cast<pte_t*>(kmap_atomic_pfn(pfn(kernel_format::frame(pmd.raw))))),
          first_(table_ + entry_index<kernel_format>(address, 0)) {}
    ~mapped_table() { kunmap_atomic(table_); }
    mapped_table(const mapped_table&) = delete;
    mapped_table& operator=(const mapped_table&) = delete;

    // Of the address that was named; those behind it up to the table's end follow.
    pte_t* first() const { return first_; }

private:
    pte_t* const table_;
    pte_t* const first_;
};

// The same, and nobody else changes its entries.
class locked_table {
public:
    [[gnu::always_inline]] locked_table(mm_struct& mm, pmd_t pmd,
                                        u32 address) NO_THREAD_SAFETY_ANALYSIS
        : lock_(taken(mm.page_table_lock)), table_(pmd, address) {}
    ~locked_table() NO_THREAD_SAFETY_ANALYSIS { lock_.unlock(); }
    pte_t* first() const { return table_.first(); }

private:
    static irq_spinlock& taken(irq_spinlock& lock) NO_THREAD_SAFETY_ANALYSIS {
        lock.lock();
        return lock;
    }
    irq_spinlock& lock_;
    mapped_table table_;
};

// The entry of an address as it is now; 0 where there is no table.
pte_entry entry_at(const mm_struct& mm, u32 address);

// visit(pmd, start, end) for each table that stands in the range, in order.
template <class Visit>
void for_each_table(const mm_struct& mm, u32 start, u32 end, Visit visit) {
    const user_page_table tables = tables_of(mm);
    for (u32 at = start; at < end;) {
        pgd_t* const pgd = tables.pgd_offset(at);
        const u32 stop = span_end(at, 1u << PGDIR_SHIFT, end);
        if (user_page_table::pgd_none(*pgd)) {
            at = stop;
            continue;
        }
        while (at < stop) {
            pmd_t* const pmd = tables.pmd_offset(pgd, at);
            const u32 piece_end = span_end(at, PMD_SIZE, stop);
            if (!pmd->none()) visit(pmd, at, piece_end);
            at = piece_end;
        }
    }
}

// A frame that a struct page counts: null for the zero page and for devices'.
inline page* vm_normal_page(pte_entry entry) {
    if (kernel_format::rights(entry).special) return nullptr;
    return pfn_to_page(pfn(kernel_format::frame(entry)));
}

// Which of rss[] the page counts in.
inline rss_kind rss_kind_of(const page& page) {
    if (PageAnon(page)) return MM_ANONPAGES;
    return PageSwapBacked(page) ? MM_SHMEMPAGES : MM_FILEPAGES;
}

// How many pages of which kind came or went: told to the space in one go.
class rss_change {
public:
    explicit rss_change(mm_struct& mm) : mm_(mm) {}
    ~rss_change();
    rss_change(const rss_change&) = delete;
    rss_change& operator=(const rss_change&) = delete;

    void add(rss_kind kind, s32 pages) { change_[kind] += pages; }

private:
    mm_struct& mm_;
    s32 change_[rss_kinds] = {};
};
