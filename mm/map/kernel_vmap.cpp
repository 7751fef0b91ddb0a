// The entries of the kernel's vmalloc window, in the page tables that boot has made.
// Tables are added when they are needed and kept. One CPU runs, and what is here is not
// preempted: nobody else adds a table meanwhile.
#include "mm/map/kernel_vmap.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "mm/map/layout.hpp"
#include "mm/map/page_table.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

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
    bool map_pages(u32 address, page* const* pages, u32 count, page_rights rights) override {
        if (!table().populate(address, count)) return false;
        const kernel_format::entry bits = kernel_format::leaf(0, known(rights), 0);
        table().for_each_pte(address, count, [&](auto* pte, u32 at) {
            kernel_table::set(*pte, bits | static_cast<kernel_format::entry>(page_to_phys(*pages++).raw()),
                       at);
        });
        return true;
    }
    bool map_frames(u32 address, u64 frame, u32 pages, page_rights rights) override {
        return table().map(address, frame, pages, known(rights), boot_decisions().large_pages);
    }
    void unmap(u32 address, u32 pages) override {
        const bool whole = table().unmap(address, pages, [](u32, u32, unsigned, auto) {});
        kassert(whole, "{} pages at {:#x} end inside a large one", pages, address);
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

    bool prepare(u32 address, u32 pages) { return table().populate(address, pages); }

private:
    using kernel_table = page_table<kernel_format, lowmem_tables>;

    kernel_table table() {
        return {phys_to_virt<kernel_table::pgd_t>(phys_addr(boot_tables_cr3())), memory_};
    }
    static page_rights known(page_rights rights) {
        rights.global = rights.global && boot_decisions().global_pages;
        rights.no_execute = rights.no_execute && boot_decisions().no_execute;
        return rights;
    }
    static void forget_all() {
        const u32 cr4 = read_cr4();
        write_cr4(cr4 & ~CR4_PGE);
        write_cr4(cr4);
    }

    lowmem_tables memory_;
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
    return tables.prepare(where.start, 4 * MiB >> PAGE_SHIFT) &&
           the_vmalloc_space().init({.start = where.start,
                                     .end = where.end,
                                     .tables = &tables,
                                     .pages = &the_page_allocator(),
                                     .phys_end = u64{1} << boot_decisions().phys_bits});
}
