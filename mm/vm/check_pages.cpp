// I5 of mm_types.hpp and I1 of user_tables.hpp, by looking at all there is.
#include "mm/vm/page_reuse.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/user_tables.hpp"
#include "mm/vm/zero_page.hpp"

namespace {

using F = kernel_format;

// Areas and entries both come by address, so one goes along with the other.
class page_check {
public:
    explicit page_check(const mm_struct& mm) : mm_(mm), area_(mm.mmap) {}

    void entry(u32 address, pte_entry entry) {
        while (area_ && area_->vm_end <= address) area_ = area_->vm_next;
        kassert(area_ && area_->vm_start <= address, "mm I5: {:#x} is mapped, in no area: {:#x}",
                address, u64{entry});
        kassert(F::has_frame(entry), "mm I5: the entry of {:#x} is {:#x}", address, u64{entry});
        check_rights(address, F::rights(entry));
        if (const page* const page = vm_normal_page(entry)) check_page(address, entry, *page);
        else if (area_->vm_flags & VM_PFNMAP) check_frame(address, F::rights(entry));
        else kassert(is_zero_page(entry) && !F::rights(entry).write && !area_->vm_file,
                     "mm I5: {:#x} shows {:#x}, which is special", address, u64{entry});
    }

    void finish(u32 tables) const {
        const u32 bytes = mm_.pgtables_bytes.load(memory_order::relaxed);
        kassert(bytes == tables * PAGE_SIZE, "user_tables I1: {} bytes, {} tables", bytes,
                tables);
        for (u32 kind = 0; kind < rss_kinds; ++kind)
            kassert(mm_.rss[kind].load(memory_order::relaxed) == rss_[kind],
                    "mm I5: rss[{}] is {}, {} pages are mapped", kind,
                    mm_.rss[kind].load(memory_order::relaxed), rss_[kind]);
    }

private:
    void check_rights(u32 address, page_rights rights) const {
        const u32 flags = area_->vm_flags;
        kassert(rights.user && !rights.global, "mm I5: {:#x} is the kernel's", address);
        kassert(!rights.write || (flags & VM_WRITE), "mm I5: {:#x} may be written", address);
        kassert(rights.no_execute == area_->vm_page_prot.no_execute,
                "mm I5: {:#x} has no_execute {}", address, rights.no_execute);
        kassert(rights.inaccessible == !(flags & VM_ACCESS_FLAGS),
                "mm I5: {:#x} is inaccessible {}", address, rights.inaccessible);
    }
    void check_frame(u32 address, page_rights rights) const {
        const bool written = (area_->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE);
        kassert(rights.special && rights.write == written && !area_->anon_vma,
                "frame_area I2: {:#x} has other rights than its area", address);
    }
    void check_page(u32 address, pte_entry entry, const page& page) {
        ++rss_[rss_kind_of(page)];
        kassert(page_mapcount(page) >= 1 && page_count(page) >= static_cast<s32>(page_mapcount(page)),
                "mm I5: the page at {:#x} is mapped {} times, referred to {} times", address,
                page_mapcount(page), page_count(page));
        kassert(page.index == linear_page_index(*area_, address),
                "rmap I3: the page at {:#x} has index {}", address, u64{page.index});
        if (!F::rights(entry).write) return;
        const bool may = (area_->vm_flags & VM_SHARED) ? !PageAnon(page)
                                                       : PageAnon(page) && page_mapcount(page) == 1;
        kassert(may, "mm I5: {:#x} may be written, and others see the page", address);
    }

    const mm_struct& mm_;
    const vm_area_struct* area_;
    u32 rss_[rss_kinds] = {};
};

// Tables stand in directories, and those count, too.
u32 count_directories(const mm_struct& mm) {
    if (user_page_table::pmd_folded) return 0;
    u32 count = 0;
    for (u32 i = 0; i < TASK_SIZE >> PGDIR_SHIFT; ++i) count += !mm.pgd()[i].none();
    return count;
}

}  // namespace

void check_pages(const mm_struct& mm) {
    page_check check(mm);
    u32 tables = count_directories(mm);
    for_each_table(mm, 0, TASK_SIZE, [&](pmd_t* pmd, u32 start, u32 end) {
        ++tables;
        const mapped_table table(*pmd, start);
        for (u32 at = start; at < end; at += PAGE_SIZE) {
            const pte_entry entry = read_entry(table.first()[(at - start) >> PAGE_SHIFT]);
            if (!F::none(entry)) check.entry(at, entry);
        }
    });
    check.finish(tables);
}
