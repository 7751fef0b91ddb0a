// What is in areas: pages of their own, somebody's pages, a device's memory.
#include "lib/log.hpp"
#include "lib/ratelimit.hpp"
#include "lib/symbol.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/map/vmalloc_space.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

// For what an area needs beside its pages.
constexpr gfp_t inner_mask(gfp_t mask) {
    return (mask & (__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HIGH | __GFP_ATOMIC |
                    __GFP_MEMALLOC | __GFP_NORETRY | __GFP_RETRY_MAYFAIL)) |
           __GFP_NOWARN;
}

constexpr gfp_t page_mask(gfp_t mask) {
    return mask | __GFP_NOWARN | (any(mask & __GFP_DMA) ? gfp_t{} : __GFP_HIGHMEM);
}

void warn(const char* lacking, size_t size, gfp_t mask, uintptr_t caller) {
    if (any(mask & __GFP_NOWARN)) return;
    pr_warn_ratelimited("vmalloc error: {} bytes for {}: {}", size, code_address{caller},
                        lacking);
}

// An entry of a large page can map what is as large and lies as it does.
constexpr u32 largest_page = 4 * MiB;
u32 alignment_of_device(u32 pages) {
    return min_of(std::bit_ceil(pages) << PAGE_SHIFT, largest_page);
}

const char* kind_of(u32 flags) {
    if (flags & VM_UNINITIALIZED) return "an area that is being made";
    if (flags & VM_ALLOC) return "vmalloc's";
    if (flags & VM_IOREMAP) return "ioremap's";
    return flags & VM_MAP ? "vmap's" : "somebody's own";
}

}  // namespace

// ---- pages of its own ------------------------------------------------------------------

[[gnu::noinline]] page** vmalloc_space::alloc_array(size_t bytes, gfp_t mask, uintptr_t caller) {
    if (bytes <= PAGE_SIZE) return static_cast<page**>(kmalloc(bytes, mask));
    const u32 address = alloc(bytes, PAGE_SIZE, mask,
                              {.write = true, .global = true, .no_execute = true}, caller);
    return reinterpret_cast<page**>(uintptr_t{address});
}

void vmalloc_space::free_array(vm_struct& area) {
    if (area.pages == &area.single) return;
    const uintptr_t address = reinterpret_cast<uintptr_t>(area.pages);
    area.pages = nullptr;
    if (address <= ~u32{0} && contains(static_cast<u32>(address)))
        free(static_cast<u32>(address), VM_ALLOC, "vfree");
    else
        kfree(reinterpret_cast<void*>(address));
}

[[gnu::always_inline]] inline const char* vmalloc_space::map_into(vm_struct& area, u32 count, gfp_t mask,
                                    page_rights rights) {
    const u32 got = pages_->alloc_pages_bulk(page_mask(mask), count, area.pages);
    if (got == count && tables_->map_pages(area.va_start, area.pages, count, rights)) [[likely]]
        return nullptr;
    pages_->free_pages_bulk(got, area.pages);
    return got < count ? "not enough pages" : "no memory for page tables";
}

// Null, or what was lacking; the area is then as it was.
[[gnu::always_inline]] inline const char* vmalloc_space::fill(vm_struct& area, u32 count, gfp_t mask,
                                                              page_rights rights) {
    area.pages = count == 1
                     ? &area.single
                     : alloc_array(count * sizeof(page*), inner_mask(mask), area.caller);
    if (!area.pages) return "no memory for the array of pages";
    const char* const lacking = map_into(area, count, mask, rights);
    if (lacking) free_array(area);
    return lacking;
}

// Whole from now on: it may be freed, and its pages counted.
inline void vmalloc_space::publish(vm_struct& area, u32 pages) {
    area.nr_pages = pages;
    area.flags &= ~u32{VM_UNINITIALIZED};
    stats_.entries_written.add_atomically(pages);
}

u32 vmalloc_space::alloc(size_t size, u32 align, gfp_t mask, page_rights rights,
                         uintptr_t caller) {
    might_sleep("vmalloc");
    if (any_deferred_) [[unlikely]] run_deferred();
    const char* lacking = "there is no room in the window";
    if (!tables_) {
        lacking = "there is no window yet";
    } else if (size == 0) {
        lacking = "size 0";
    } else if (size >> PAGE_SHIFT > pages_->managed_pages()) {
        lacking = "more than there is memory";
    } else if (vm_struct* const area =
                   get_area(size, align, VM_ALLOC | VM_UNINITIALIZED, inner_mask(mask), caller)) {
        const u32 count = area->mapped_pages();
        lacking = fill(*area, count, mask, rights);
        if (!lacking) [[likely]] {
            publish(*area, count);
            return area->va_start;
        }
        free_area(area);
    }
    warn(lacking, size, mask, caller);
    return 0;
}

// ---- pages of others, and devices ------------------------------------------------------

u32 vmalloc_space::map(page* const* pages, u32 count, u32 flags, page_rights rights,
                       uintptr_t caller) {
    might_sleep("vmap");
    if (!tables_ || count == 0 || count > pages_->managed_pages()) return 0;
    vm_struct* const area = get_area(size_t{count} << PAGE_SHIFT, PAGE_SIZE,
                                     flags | VM_MAP | VM_UNINITIALIZED, GFP_KERNEL, caller);
    if (!area) return 0;
    if (!tables_->map_pages(area->va_start, pages, count, rights)) {
        free_area(area);
        return 0;
    }
    publish(*area, count);
    return area->va_start;
}

u32 vmalloc_space::remap(u64 phys, u64 size, page_rights rights, uintptr_t caller) {
    might_sleep("ioremap");
    if (const char* const why = why_not_remap(phys, size)) {
        pr_warn("ioremap: {} bytes at {:#x} for {}: {}", size, phys, code_address{caller}, why);
        return 0;
    }
    const u32 offset = static_cast<u32>(phys) & ~PAGE_MASK;
    const u32 count = static_cast<u32>((offset + size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    vm_struct* const area =
        get_area(size_t{count} << PAGE_SHIFT, alignment_of_device(count),
                 VM_IOREMAP | VM_UNINITIALIZED, GFP_KERNEL, caller);
    if (!area) return 0;
    area->phys_addr = phys - offset;
    if (!tables_->map_frames(area->va_start, phys - offset, count, rights)) {
        free_area(area);
        return 0;
    }
    publish(*area, count);
    area->nr_pages = 0;  // no frames of ours
    return area->va_start + offset;
}

const char* vmalloc_space::why_not_remap(u64 phys, u64 size) const {
    if (!tables_) return "there is no window yet";
    if (size == 0) return "size 0";
    if (phys >= phys_end_ || size > phys_end_ - phys) return "beyond what can be addressed";
    if (size > end_ - start_ - 2 * PAGE_SIZE) return "larger than the window";
    if (is_given_out_ram(phys, size)) return "it is RAM, and in use as such";
    return nullptr;
}

bool vmalloc_space::is_given_out_ram(u64 phys, u64 size) const {
    const u64 last = min_of((phys + size - 1) >> PAGE_SHIFT, u64{pages_->frames()} - 1);
    for (u64 frame = phys >> PAGE_SHIFT; frame <= last; ++frame)
        if (!PageReserved(pages_->map()[frame])) return true;
    return false;
}

// ---- giving back -----------------------------------------------------------------------

void vmalloc_space::free(u32 address, u32 kinds, const char* what) {
    if (address == 0) return;
    if (in_interrupt()) [[unlikely]] return put_off(address, kinds, what);
    might_sleep(what);
    if (any_deferred_) [[unlikely]] run_deferred();
    if (vm_struct* const area = remove(address, kinds)) [[likely]] release(*area);
    else report_bad_free(address, kinds, what);
}

void vmalloc_space::release(vm_struct& area) {
    const u32 pages = area.mapped_pages();
    tables_->unmap(area.va_start, pages);
    stats_.entries_cleared.add_atomically(pages);
    if (lazy_max_pages_ == 0) flush(area.va_start, area.va_end);
    if (area.pages) {
        pages_->free_pages_bulk(area.nr_pages, area.pages);
        free_array(area);
    }
    give_back(area);
}

void vmalloc_space::put_off(u32 address, u32 kinds, const char* what) {
    vm_struct* const area = remove(address, kinds);
    if (!area) return report_bad_free(address, kinds, what);
    lock_guard held(lock_);
    deferred_.push_back(*area);
    any_deferred_ = true;
}

void vmalloc_space::run_deferred() {
    for (;;) {
        vmap_area* area;
        {
            lock_guard held(lock_);
            area = deferred_.pop_front();
            if (!area) any_deferred_ = false;
        }
        if (!area) return;
        release(*static_cast<vm_struct*>(area));
    }
}

void vmalloc_space::report_bad_free(u32 address, u32 kinds, const char* what) const {
    const vm_struct* const area = find(address);
    if (!area && was_freed(address))
        pr_err("BUG: {}({:#x}): it was freed already", what, address);
    else if (!area)
        pr_err("BUG: {}({:#x}): no area is there", what, address);
    else if (area->va_start != address)
        pr_err("BUG: {}({:#x}): inside the area at {:#x}", what, address, area->va_start);
    else
        pr_err("BUG: {}({:#x}): it is {}", what, address, kind_of(area->flags));
    if (area && !(area->flags & kinds) && area->caller)
        pr_err("  made by {}", code_address{area->caller});
}
