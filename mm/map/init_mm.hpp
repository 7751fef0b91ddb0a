// init_mm: the kernel's own page tables, and the master of every address space (E2).
//
// The kernel's part of the address space is the same in all of them, at once:
//
//     PAE           all top tables point to one directory for the last gigabyte. A table
//                   that is added there is there for everyone.
//     two levels    each top table has the kernel's entries itself. A table that is
//                   added is written into all of them, which are on a list (pgd_list),
//                   before an address below it is handed out.
//
// Nothing is copied in by a page fault later, as Linux does it with two levels: kernel
// stacks lie in vmalloc space, and a fault on a stack that is not mapped has no stack to
// run on.
//
// Tables of the kernel's part are made on demand and kept: at most 64, with two levels
// 32, and what was mapped once will be mapped again. So they can be looked for without
// the lock, which guards making them only. A range belongs to who has the addresses
// (vmalloc, fixmap ...); he alone fills and empties it.
//
// I1: swapper_pg_dir's kernel entries and those of every table on pgd_list are the same.
// I2: what is mapped here is global, where the CPU has global pages, and not a user's.
// I3: nothing is both writable and executable, where the CPU can tell.
#pragma once

#include "arch/i386/paging/boot_tables.hpp"
#include "lib/spinlock.hpp"
#include "mm/map/layout.hpp"
#include "mm/map/pgd.hpp"
#include "mm/map/vmap_tables.hpp"
#include "mm/phys/gfp.hpp"

// Tables in low memory: they are simply there.
struct lowmem_tables {
    void* directory(u64 table) const {
        return phys_to_virt(phys_addr(static_cast<phys_raw>(table)));
    }
    void* map_table(u64 table) const { return directory(table); }
    void unmap_table(void*) const {}
};

// Where the kernel's tables come from.
class kernel_table_memory : public lowmem_tables {
public:
    explicit kernel_table_memory(gfp_t mask = GFP_KERNEL) : mask_(mask | __GFP_ZERO) {}
    ~kernel_table_memory() { release(); }

    bool reserve(unsigned tables);
    u64 take();
    void release();
    void top_changed(unsigned index);

private:
    gfp_t mask_;
    unsigned held_ = 0;
    page_list reserve_;
};
using kernel_page_table = page_table<kernel_format, kernel_table_memory>;

// For those who only look, or change what is there.
struct no_table_memory : lowmem_tables {
    bool reserve(unsigned) { return false; }
    u64 take() { return 0; }
    void release() {}
    void top_changed(unsigned) {}
};
inline no_table_memory no_new_tables;
using kernel_tables_there = page_table<kernel_format, no_table_memory>;

class kernel_map final : public vmap_tables {
public:
    bool map_pages(u32 address, page* const* pages, u32 count,
                   page_rights rights) override;
    bool map_frames(u32 address, u64 frame, u32 pages, page_rights rights) override;
    // Not part of a large page, unless all of it.
    void unmap(u32 address, u32 pages) override;
    void flush(u32 address, u32 pages) override;
    std::optional<u64> frame_of(u32 address) override;
    u64 entry_of(u32 address) override { return find(address).raw; }

    // Before anything is mapped: which rights this CPU knows.
    void learn_cpu();

    // Every table of the range is there, for good. False: no memory.
    [[nodiscard]] bool populate(u32 address, u32 pages);
    // Takes away what lies behind an address, of large pages too, and flushes. False: no
    // memory to split a large page, and nothing has changed; the same for protect().
    [[nodiscard]] bool cut(u32 address, u32 pages);
    [[nodiscard]] bool protect(u32 address, u32 pages, page_rights rights);

    kernel_tables_there tables() const { return {pgd(), no_new_tables}; }
    kernel_tables_there::found find(u32 address) const { return tables().find(address); }
    template <class Visit>
    void for_each_leaf(u32 address, u32 pages, Visit visit) const {
        tables().for_each_leaf(address, pages, visit);
    }

    // Its kernel entries are, and stay, those of swapper_pg_dir.
    void share(shared_pgd& top);
    void unshare(shared_pgd& top);
    void top_changed(unsigned index);

    static pgd_t* pgd() { return reinterpret_cast<pgd_t*>(swapper_pg_dir); }

    // The entry of an address, and behind it those of the same table; null: no table.
    pte_t* pte_offset_kernel(u32 address) const {
        const pmd_t* const pmd = tables().pmd_of_address(address);
        if (!pmd || pmd->none() || pmd->large()) return nullptr;
        return tables().pte_offset_map(*pmd, address);
    }

private:
    bool unmap_large_pages(u32 address, u32 pages);
    void copy_entry(shared_pgd& top, unsigned index);

    irq_spinlock page_table_lock_{"init_mm"};
    list<shared_pgd, &shared_pgd::node> pgd_list_;
};
extern kernel_map init_mm;

// What kernel memory may be mapped as (I2, I3).
page_rights kernel_rights(bool write, bool execute = false);
