// Rights: what an area allows, as entries say it.
#include "arch/i386/tlb.hpp"
#include "mm/vm/page_reuse.hpp"
#include "mm/vm/space_machine.hpp"
#include "mm/vm/user_gather.hpp"
#include "mm/vm/user_pages.hpp"

namespace {

using F = kernel_format;

// The range of a space whose entries have become less than they were.
class changed_range {
public:
    explicit changed_range(mm_struct& mm) : space_{mm}, changed_(space_) {}
    void touch(u32 address) { changed_.touch(address, 1); }

private:
    user_gather_space space_;
    mmu_gather<user_gather_space, 1> changed_;
};

// Whether the entry may be written at once, where the area may: no fault has to come
// first, to copy the page or to be told of the write.
bool may_write_now(const vm_area_struct& area, pte_entry entry) {
    if (area.vm_flags & VM_SHARED) return !wants_write_notice(area) || F::dirty(entry);
    page* const page = vm_normal_page(entry);
    return page && is_exclusive(*page);
}

pte_entry with_rights(const vm_area_struct& area, pte_entry entry) {
    page_rights rights = area.vm_page_prot;
    rights.write = (area.vm_flags & VM_WRITE) && may_write_now(area, entry);
    rights.special = F::rights(entry).special;
    rights.uncached = F::rights(entry).uncached;
    return F::leaf(F::address(entry, 0), rights, 0);
}

}  // namespace

page_rights vm_get_page_prot(u32 vm_flags) {
    return {.write = (vm_flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED),
            .user = true,
            .no_execute = !(vm_flags & VM_EXEC) && no_execute_works(),
            .inaccessible = !(vm_flags & VM_ACCESS_FLAGS)};
}

u32 change_protection(vm_area_struct& area, u32 start, u32 end) {
    u32 count = 0;
    changed_range changed(*area.vm_mm);
    for_each_table(*area.vm_mm, start, end, [&](pmd_t* pmd, u32 at, u32 stop) {
        const locked_table table(*area.vm_mm, *pmd, at);
        for (pte_t* pte = table.first(); at < stop; at += PAGE_SIZE, ++pte) {
            if (!F::has_frame(pte->raw)) continue;
            if (F::present(pte->raw)) changed.touch(at);
            F::change(pte->raw, with_rights(area, pte->raw));
            ++count;
        }
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
