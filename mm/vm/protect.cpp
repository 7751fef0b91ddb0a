// Rights: what an area allows, as entries say it.
#include "arch/i386/tlb.hpp"
#include "mm/vm/page_reuse.hpp"
#include "mm/vm/space_machine.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/user_tables.hpp"

namespace {

using F = kernel_format;

// For each combination of these flags, where no-execute works.
struct protection_map_t {
    static constexpr u32 mask = VM_ACCESS_FLAGS | VM_SHARED;

    page_rights of[mask + 1];

    constexpr protection_map_t() {
        for (u32 flags = 0; flags <= mask; ++flags)
            of[flags] = {.write = (flags & VM_WRITE) && (flags & VM_SHARED),
                         .user = true,
                         .no_execute = !(flags & VM_EXEC),
                         .inaccessible = !(flags & VM_ACCESS_FLAGS)};
    }
};
constexpr protection_map_t protection_map;

// The range of a space whose entries have become less than they were: at the end the CPUs
// forget it. Nothing of it is freed.
class changed_range {
public:
    explicit changed_range(mm_struct& mm) : mm_(mm) {}
    ~changed_range() {
        const u32 pages = (end_ - start_) >> PAGE_SHIFT;
        if (start_ < end_) flush_tlb_space_range(&mm_, start_, pages);
    }
    changed_range(const changed_range&) = delete;
    changed_range& operator=(const changed_range&) = delete;

    void touch(u32 address) {
        start_ = min_of(start_, address);
        end_ = max_of(end_, address + PAGE_SIZE);
    }

private:
    mm_struct& mm_;
    u32 start_ = ~0u, end_ = 0;
};

// Whether the entry may be written at once, where the area may: no fault has to come
// first, to copy the page or to be told of the write.
bool may_write_now(const vm_area_struct& area, pte_entry entry) {
    if (area.vm_flags & VM_SHARED) return !wants_write_notice(area) || F::dirty(entry);
    page* const page = vm_normal_page(entry);
    return page && is_exclusive(*page);
}

// What an area's rights say in entries: computed once, then in each of them.
class entry_rights {
public:
    explicit entry_rights(const vm_area_struct& area)
        : area_(area), without_write_(bits_of(area.vm_page_prot)),
          may_write_(area.vm_flags & VM_WRITE) {}

    // The entry with the area's rights: its frame, and what kind that is, stay.
    pte_entry in(pte_entry entry) const {
        const pte_entry bits = without_write_ | (entry & of_frame);
        return static_cast<pte_entry>(F::address(entry, 0)) |
               (may_write_ && may_write_now(area_, entry) ? bits | write : bits);
    }

private:
    static constexpr pte_entry none = F::leaf(0, {}, 0);
    static constexpr pte_entry write = F::leaf(0, {.write = true}, 0) & ~none;
    static constexpr pte_entry of_frame =
        F::leaf(0, {.uncached = true, .special = true}, 0) & ~none;

    static pte_entry bits_of(page_rights rights) {
        rights.write = false;
        return F::leaf(0, rights, 0);
    }

    const vm_area_struct& area_;
    const pte_entry without_write_;
    const bool may_write_;
};

// The entries of one table; how many have a frame.
u32 change_table(const vm_area_struct& area, pmd_t pmd, u32 start, u32 end,
                 const entry_rights& rights, changed_range& changed) {
    u32 count = 0;
    const locked_table table(*area.vm_mm, pmd, start);
    pte_t* pte = table.first();
    for (u32 at = start; at < end; at += PAGE_SIZE, ++pte) {
        const pte_entry before = pte->raw;
        if (!F::has_frame(before)) continue;
        if (F::present(before)) changed.touch(at);
        F::change(pte->raw, rights.in(before));
        ++count;
    }
    return count;
}

}  // namespace

page_rights vm_get_page_prot(u32 vm_flags) {
    page_rights rights = protection_map.of[vm_flags & protection_map_t::mask];
    if (rights.no_execute) rights.no_execute = no_execute_works();
    return rights;
}

u32 change_protection(vm_area_struct& area, u32 start, u32 end) {
    u32 count = 0;
    const entry_rights rights(area);
    changed_range changed(*area.vm_mm);
    for_each_table(*area.vm_mm, start, end, [&](pmd_t* pmd, u32 at, u32 stop) {
        count += change_table(area, *pmd, at, stop, rights, changed);
    });
    return count;
}

void free_lazily(vm_area_struct& area, u32 start, u32 end) {
    changed_range changed(*area.vm_mm);
    for_each_table(*area.vm_mm, start, end, [&](pmd_t* pmd, u32 at, u32 stop) {
        const locked_table table(*area.vm_mm, *pmd, at);
        for (pte_t* pte = table.first(); at < stop; at += PAGE_SIZE, ++pte) {
            if (!F::present(pte->raw)) continue;
            page* const page = vm_normal_page(pte->raw);
            if (!page || !is_exclusive(*page)) continue;
            const pte_entry before = F::exchange(pte->raw, 0);
            F::fill(pte->raw, F::with_marks(before, false, false));
            changed.touch(at);
        }
    });
}
