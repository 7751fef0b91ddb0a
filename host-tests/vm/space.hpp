// Address spaces made by hand: areas are put in and taken out as the test says, with no
// mmap in between, so that the pages' half of mm/vm is seen alone.
#pragma once

#include "host-tests/support/kernel.hpp"
#include "host-tests/support/software_cpu.hpp"
#include "lib/test/test_case.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_tree.hpp"

#include <gtest/gtest.h>

#include <vector>

inline constexpr u32 private_rw =
    VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
inline constexpr u32 private_ro = VM_READ | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
inline constexpr u32 shared_rw = private_rw | VM_SHARED | VM_MAYSHARE;
inline constexpr u32 shared_ro = private_ro | VM_SHARED | VM_MAYSHARE;

class space {
public:
    space() {
        if (!mm_alloc_pgd(mm)) throw std::bad_alloc();
    }
    ~space() {
        if (current_mm() == &mm) use_mm(nullptr);
        unmap(0, TASK_SIZE);
        mm_free_pgd(mm);
    }
    space(const space&) = delete;
    space& operator=(const space&) = delete;

    vm_area_struct& add(u32 start, u32 pages, u32 flags, file* file = nullptr,
                        u32 pgoff = ~0u) {
        auto* const area = new vm_area_struct{};
        area->vm_mm = &mm;
        area->vm_start = start;
        area->vm_end = start + pages * PAGE_SIZE;
        area->vm_flags = flags;
        area->vm_pgoff = pgoff != ~0u ? pgoff : file ? 0 : start >> PAGE_SHIFT;
        area->vm_page_prot = vm_get_page_prot(flags);
        if (file) show(*area, *file);
        link(*area);
        return *area;
    }

    // All areas of the range, whole ones.
    void unmap(u32 start, u32 end) {
        vm_area_struct* first = find_vma(mm, start);
        if (!first) return;
        vm_area_struct* last = first;
        while (last->vm_next && last->vm_next->vm_start < end) last = last->vm_next;
        const u32 floor = first->vm_prev ? first->vm_prev->vm_end : 0;
        const u32 ceiling = last->vm_next ? last->vm_next->vm_start : TASK_SIZE;
        unmap_region(mm, first, start, end, floor, ceiling);
        while (first && first->vm_start < end) {
            vm_area_struct* const next = first->vm_next;
            drop(*first);
            first = next;
        }
    }

    // fork's part that is about pages. False: no memory.
    bool copy_to(space& child) {
        for (vm_area_struct* area = mm.mmap; area; area = area->vm_next) {
            auto* const copy = new vm_area_struct(*area);
            copy->vm_mm = &child.mm;
            if (!anon_vma_fork(*copy, *area)) {
                delete copy;
                return false;
            }
            if (copy->vm_file) show(*copy, *copy->vm_file);
            child.link(*copy);
            if (!copy_page_range(*copy, *area)) return false;
        }
        return true;
    }

    void check() { check_pages(mm); }

    // ---- a program in it ---------------------------------------------------------------
    software_cpu& cpu() {
        use_mm(&mm);
        return the_software_cpu();
    }
    fault_outcome write(u32 address, u8 value) { return cpu().write(address, &value, 1); }
    fault_outcome touch(u32 address) {
        u8 byte;
        return cpu().read(address, &byte, 1);
    }
    u8 read(u32 address) {
        u8 byte = 0xee;
        EXPECT_TRUE(cpu().read(address, &byte, 1));
        return byte;
    }
    u64 frame_at(u32 address) { return kernel_format::address(entry_at(mm, address), 0); }
    page& page_at(u32 address) { return *vm_normal_page(entry_at(mm, address)); }
    bool is_mapped(u32 address) { return kernel_format::present(entry_at(mm, address)); }
    bool may_write(u32 address) {
        return is_mapped(address) && kernel_format::rights(entry_at(mm, address)).write;
    }
    u32 rss(rss_kind kind) const { return mm.rss[kind].load(); }

    mm_struct mm;

private:
    void link(vm_area_struct& area) {
        vm_area_struct* prev;
        find_vma_prev(mm, area.vm_start, prev);
        vma_link(mm, area, prev);
    }
    static void show(vm_area_struct& area, file& file) {
        area.vm_file = get_file(&file);
        vma_interval_tree_insert(area, *file.f_mapping);
    }
    void drop(vm_area_struct& area) {
        vma_unlink(mm, area);
        unlink_anon_vmas(area);
        if (area.vm_file) {
            vma_interval_tree_remove(area, *area.vm_file->f_mapping);
            fput(area.vm_file);
        }
        delete &area;
    }
};

// What is taken is given back, and what is still there is as it should be.
class vm_test : public testing::Test {
protected:
    vm_test() {
        the_software_cpu().faults = 0;
        for (const conserved* const kept : registered<conserved>())
            before_.push_back(kept->count());
    }
    void TearDown() override {
        use_mm(nullptr);
        auto before = before_.begin();
        for (const conserved* const kept : registered<conserved>())
            EXPECT_EQ(kept->count(), *before++) << kept->name;
    }

    // A file of so many pages, each full of its number plus 1.
    static memory_file* numbered_file(u32 pages) {
        memory_file* const file = *memory_file::create("numbered");
        for (u32 i = 0; i < pages; ++i) {
            const std::vector<u8> bytes(PAGE_SIZE, static_cast<u8>(i + 1));
            EXPECT_TRUE(file->write(u64{i} << PAGE_SHIFT, bytes.data(), bytes.size()));
        }
        return file;
    }

private:
    std::vector<u64> before_;
};

// Each frame of a body, failed: page allocator and caches one after the other.
template <class Body>
u32 for_each_lack_of_memory(Body body) {
    return for_each_failure(the_page_allocator().fail_page_alloc(), body);
}
