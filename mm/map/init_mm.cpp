#include "mm/map/init_mm.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/tlb.hpp"
#include "mm/phys/page_alloc.hpp"

constinit kernel_map init_mm;

// ---- tables --------------------------------------------------------------------------

bool kernel_table_memory::reserve(unsigned tables) {
    for (; held_ < tables; ++held_) {
        page* const page = alloc_page(mask_);
        if (!page) return release(), false;
        reserve_.push_back(*page);
    }
    return true;
}

u64 kernel_table_memory::take() {
    kassert(held_ > 0, "a page table was not reserved");
    --held_;
    return page_to_phys(reserve_.pop_front()).raw();
}

void kernel_table_memory::release() {
    for (; held_ > 0; --held_) __free_page(reserve_.pop_front());
}

void kernel_table_memory::top_changed(unsigned index) { init_mm.top_changed(index); }

// ---- what is shared ------------------------------------------------------------------

namespace {

constexpr unsigned kernel_top_index = entry_index<kernel_format>(
    static_cast<u32>(PAGE_OFFSET), kernel_format::levels - 1);
constexpr unsigned top_entries = kernel_format::entries(kernel_format::levels - 1);

}  // namespace

void kernel_map::share(shared_pgd& top) {
    const lock_guard held(page_table_lock_);
    for (unsigned i = kernel_top_index; i < top_entries; ++i) top.pgd[i] = pgd()[i];
    pgd_list_.push_back(top);
}

void kernel_map::unshare(shared_pgd& top) {
    const lock_guard held(page_table_lock_);
    pgd_list_.erase(top);
}

// Called with the lock held, by whoever makes a table.
void kernel_map::top_changed(unsigned index) {
    for (shared_pgd& top : pgd_list_) kernel_format::store(top.pgd[index].raw, pgd()[index].raw);
}

// ---- ranges --------------------------------------------------------------------------

bool kernel_map::populate(u32 address, u32 pages) {
    kernel_table_memory memory;
    kernel_page_table tables(pgd(), memory);
    const unsigned missing = tables.missing(address, pages);
    if (missing == 0) return true;
    if (!memory.reserve(missing)) return false;
    const lock_guard held(page_table_lock_);
    return tables.populate(address, pages);
}

bool kernel_map::map_pages(u32 address, page* const* pages, u32 count, page_rights rights) {
    if (!populate(address, count)) return false;
    kernel_table_memory memory;
    const kernel_format::entry bits = kernel_format::leaf(0, rights, 0);
    kernel_page_table(pgd(), memory).for_each_pte(address, count, [&](pte_t* pte, u32 at) {
        const phys_addr frame = page_to_phys(*pages++);
        kernel_page_table::set(
            *pte, static_cast<kernel_format::entry>(frame.raw()) | bits, at);
    });
    return true;
}

bool kernel_map::map_frames(u32 address, u64 frame, u32 pages, page_rights rights) {
    kernel_table_memory memory;
    kernel_page_table tables(pgd(), memory);
    // More than map() can need: large pages save some.
    if (!memory.reserve(tables.missing(address, pages))) return false;
    const lock_guard held(page_table_lock_);
    return tables.map(address, frame, pages, rights, boot_decisions().large_pages);
}

bool kernel_map::unmap(u32 address, u32 pages) {
    kernel_table_memory memory;
    return kernel_page_table(pgd(), memory)
        .unmap(address, pages, [](u32, u32, unsigned, kernel_format::entry) {});
}

bool kernel_map::protect(u32 address, u32 pages, page_rights rights) {
    constexpr unsigned ends = 2;  // large pages that it may have to split
    kernel_table_memory memory;
    if (!memory.reserve(ends)) return false;
    kernel_page_table tables(pgd(), memory);
    {
        const lock_guard held(page_table_lock_);
        if (!tables.protect(address, pages, rights)) return false;
    }
    flush_tlb_kernel_range(address, pages);
    return true;
}

kernel_page_table::found kernel_map::find(u32 address) const {
    kernel_table_memory memory;
    return kernel_page_table(pgd(), memory).find(address);
}

page_rights kernel_rights(bool write, bool execute) {
    return {.write = write,
            .global = boot_decisions().global_pages,
            .no_execute = !execute && boot_decisions().no_execute};
}
