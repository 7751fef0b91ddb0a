// The entries of the kernel's vmalloc window, in the page tables that boot has made.
// Tables are added when they are needed and kept. One CPU runs, and what is here is not
// preempted: nobody else adds a table meanwhile.
#include "mm/map/kernel_vmap.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "mm/map/layout.hpp"
#include "mm/map/no_tables.hpp"
#include "mm/map/page_table.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

constexpr u32 EFER = 0xC0000080;
constexpr u32 EFER_NXE = 1u << 11;

// Tables in the linear map, from the page allocator.
class lowmem_tables {
public:
    bool reserve(unsigned tables) {
        for (; tables > 0; --tables) {
            page* const table = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN);
            if (!table) {
                release();
                return false;
            }
            stock_.push_back(*table);
        }
        return true;
    }
    u64 take() { return page_to_phys(stock_.pop_front()).raw(); }
    void release() {
        while (page* const table = stock_.pop_front()) __free_page(table);
    }
    // One address space, and the PDPT's entry of the kernel never changes.
    void top_changed(unsigned) {}
    void* directory(u64 table) { return phys_to_virt(phys_addr(static_cast<phys_raw>(table))); }
    void* map_table(u64 table) { return directory(table); }
    void unmap_table(void*) {}

private:
    page_list stock_;
};

class kernel_tables final : public vmap_tables {
public:
    bool map_pages(u32 address, page* const* pages, u32 count,
                   const page_rights& rights) override {
        const entry bits = bits_of(rights);
        const u32 end = address + (count << PAGE_SHIFT);
        const page* const map = mem_map;
        for (u32 at = address; at != end;) {
            pte* slot = ptes_of(at);
            if (!slot) [[unlikely]] {
                if (!table().populate(at, (end - at) >> PAGE_SHIFT)) {
                    unmap(address, (at - address) >> PAGE_SHIFT);
                    return false;
                }
                slot = ptes_of(at);
            }
            for (const u32 stop = end_of_table(at, end); at != stop; at += PAGE_SIZE, ++slot) {
                kassert(slot->none(), "{:#x} is mapped already: {:#x}", at, u64{slot->raw});
                const u32 frame = static_cast<u32>(*pages++ - map);
                kernel_format::store(slot->raw, bits | entry{frame} << PAGE_SHIFT);
            }
        }
        return true;
    }
    bool map_frames(u32 address, u64 frame, u32 pages, const page_rights& rights) override {
        const bool large =
            boot_decisions().large_pages && has_no_tables(table(), address, pages);
        return table().map(address, frame, pages, known(rights), large);
    }
    void unmap(u32 address, u32 pages) override {
        const u32 end = address + (pages << PAGE_SHIFT);
        for (u32 at = address; at != end;) {
            const u32 stop = end_of_table(at, end);
            if (pte* slot = ptes_of(at))
                for (; at != stop; at += PAGE_SIZE) kernel_format::exchange((slot++)->raw, 0);
            else
                unmap_large(at, stop);
            at = stop;
        }
    }
    // Past some pages it is cheaper to forget all: global ones go when CR4 changes.
    void flush(u32 address, u32 pages) override {
        constexpr u32 few = 32;
        if (pages <= few)
            for (u32 i = 0; i < pages; ++i)
                invlpg(reinterpret_cast<void*>(address + (i << PAGE_SHIFT)));
        else if (boot_decisions().global_pages)
            forget_all();
        else
            write_cr3(read_cr3());
    }
    std::optional<u64> frame_of(u32 address) override {
        const auto found = table().find(address);
        if (!found.has_frame()) return {};
        return found.frame_of(address);
    }
    u64 entry_of(u32 address) override { return table().find(address).raw; }

    bool prepare(u32 address, u32 pages) {
        top_ = phys_to_virt<kernel_table::pgd_t>(phys_addr(boot_tables_cr3()));
        return table().populate(address, pages);
    }

private:
    using kernel_table = page_table<kernel_format, lowmem_tables>;

    kernel_table table() { return {top_, memory_}; }
    using entry = kernel_format::entry;
    using pte = kernel_table::pte_t;

    // The first address behind `at` that has another table, but not past `end`.
    static u32 end_of_table(u32 at, u32 end) {
        const u32 left = kernel_table::pages_per_pmd -
                         (at >> PAGE_SHIFT & (kernel_table::pages_per_pmd - 1));
        return end - at > left << PAGE_SHIFT ? at + (left << PAGE_SHIFT) : end;
    }
    // The entry of an address, and those behind it; null where there is no table.
    pte* ptes_of(u32 address) {
        const u32 span = address >> kernel_format::shift(1);
        if (span != last_span_) [[unlikely]] {
            const auto* const pmd = table().pmd_of_address(address);
            if (!pmd || pmd->none() || pmd->large()) return nullptr;
            last_span_ = span;
            last_table_ = static_cast<pte*>(memory_.map_table(pmd->address()));
        }
        return last_table_ + entry_index<kernel_format>(address, 0);
    }
    [[gnu::noinline]] void unmap_large(u32 address, u32 end) {
        const bool whole = table().unmap(address, (end - address) >> PAGE_SHIFT,
                                         [](u32, u32, unsigned, auto) {});
        kassert(whole, "{:#x} is inside a large page", address);
    }
    // Nearly all areas have the rights of the one before.
    entry bits_of(const page_rights& rights) {
        if (rights != last_rights_) [[unlikely]] {
            last_rights_ = rights;
            last_bits_ = kernel_format::leaf(0, known(rights), 0);
        }
        return last_bits_;
    }
    static page_rights known(page_rights rights) {
        rights.global = rights.global && boot_decisions().global_pages;
        // A reserved bit, until the CPU is told that it is one.
        rights.no_execute =
            rights.no_execute && boot_decisions().no_execute && (read_msr(EFER) & EFER_NXE);
        return rights;
    }
    static void forget_all() {
        const u32 cr4 = read_cr4();
        write_cr4(cr4 & ~CR4_PGE);
        write_cr4(cr4);
    }

    lowmem_tables memory_;
    kernel_table::pgd_t* top_ = nullptr;
    // Tables stay where they are, so the last one need not be looked for again.
    u32 last_span_ = 0;
    pte* last_table_ = nullptr;
    page_rights last_rights_{.inaccessible = true};  // nobody asks for that
    entry last_bits_ = 0;
};

constinit kernel_tables tables;

// Behind the linear map and its gap, or, where that leaves nothing, at the end of the
// window in which boot maps devices from the bottom.
range<u32> window() {
    constexpr u32 room = 64 * MiB;
    const u32 lowmem_end =
        static_cast<u32>(PAGE_OFFSET) + min_of(u64{max_pfn} << PAGE_SHIFT, u64{LOWMEM_MAX});
    const u32 start = lowmem_end + VMALLOC_OFFSET;
    if (start <= BOOT_WINDOW - room) return {start, BOOT_WINDOW - PAGE_SIZE};
    return {0xFD000000, 0xFFB00000};
}

}  // namespace

bool vmalloc_init() {
    const range<u32> where = window();
    // What the first areas need is there from the beginning.
    return tables.prepare(where.start, 8 * MiB >> PAGE_SHIFT) &&
           the_vmalloc_space().init({.start = where.start,
                                     .end = where.end,
                                     .tables = &tables,
                                     .pages = &the_page_allocator(),
                                     .phys_end = u64{1} << boot_decisions().phys_bits});
}
