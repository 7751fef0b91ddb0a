// Page faults as a program sees them: by a CPU that walks the real page tables.
#include "host-tests/vm/space.hpp"
#include "mm/vm/zero_page.hpp"

#include <test.hpp>

#include <memory>
#include <new>

namespace {

constexpr u32 base = 0x08048000;
constexpr bool has_nx = kernel_format::levels == 3;

class faults : public vm_test {};

}  // namespace

// ---- anonymous memory ------------------------------------------------------------------

TEST_F(faults, a_read_of_new_memory_shows_the_page_of_zeroes) {
    space s;
    s.add(base, 4, private_rw);
    EXPECT_EQ(s.read(base + 5), 0);
    EXPECT_EQ(s.read(base + PAGE_SIZE), 0);
    EXPECT_EQ(s.frame_at(base), page_to_phys(zero_page).raw());
    EXPECT_EQ(s.frame_at(base + PAGE_SIZE), s.frame_at(base));
    EXPECT_FALSE(s.may_write(base));
    EXPECT_EQ(get_mm_rss(s.mm), 0u);
    EXPECT_EQ(s.mm.min_flt, 2u);
    s.check();
}

TEST_F(faults, a_write_to_new_memory_gets_a_page_of_its_own) {
    space s;
    s.add(base, 2, private_rw);
    EXPECT_TRUE(s.write(base + 7, 42));
    EXPECT_EQ(s.read(base + 7), 42);
    EXPECT_EQ(s.read(base + 8), 0);
    EXPECT_EQ(s.rss(MM_ANONPAGES), 1u);
    EXPECT_TRUE(PageHighMem(s.page_at(base)));
    EXPECT_EQ(page_mapcount(s.page_at(base)), 1u);
    EXPECT_EQ(the_software_cpu().faults, 1u);
    s.check();
}

TEST_F(faults, a_write_behind_a_read_takes_the_place_of_the_zeroes) {
    space s;
    s.add(base, 1, private_rw);
    EXPECT_EQ(s.read(base), 0);
    EXPECT_TRUE(s.write(base + 1, 9));
    EXPECT_EQ(s.read(base + 1), 9);
    EXPECT_EQ(s.read(base), 0);
    EXPECT_NE(s.frame_at(base), page_to_phys(zero_page).raw());
    EXPECT_EQ(s.mm.min_flt, 2u);
    s.check();
}

// ---- refusals --------------------------------------------------------------------------

TEST_F(faults, what_is_in_no_area_is_a_map_error) {
    space s;
    s.add(base, 1, private_rw);
    for (const u32 address :
         {0u, base - 1, base + PAGE_SIZE, TASK_SIZE - 1, TASK_SIZE, ~0u}) {
        EXPECT_EQ(s.touch(address), segv_maperr(address));
        EXPECT_EQ(s.write(address, 1), segv_maperr(address));
    }
    EXPECT_EQ(s.mm.min_flt, 0u);
    EXPECT_EQ(s.mm.pgtables_bytes.load(), 0u);
}

TEST_F(faults, what_the_area_forbids_is_an_access_error) {
    space s;
    s.add(base, 1, private_ro);
    s.add(base + PAGE_SIZE, 1, VM_MAYREAD);
    EXPECT_EQ(s.write(base + 3, 1), segv_accerr(base + 3));
    EXPECT_EQ(s.touch(base + PAGE_SIZE), segv_accerr(base + PAGE_SIZE));
    EXPECT_EQ(s.read(base), 0);
    EXPECT_EQ(s.write(base, 1), segv_accerr(base));
    if (has_nx) {
        EXPECT_EQ(s.cpu().execute(base), segv_accerr(base));
        s.add(base + 2 * PAGE_SIZE, 1, private_ro | VM_EXEC);
        EXPECT_TRUE(s.cpu().execute(base + 2 * PAGE_SIZE));
    }
    s.check();
}

TEST_F(faults, without_a_space_no_user_address_means_anything) {
    use_mm(nullptr);
    u8 byte;
    EXPECT_EQ(the_software_cpu().read(base, &byte, 1), segv_maperr(base));
}

TEST_F(faults, a_remembered_right_that_is_too_few_is_spurious) {
    space s;
    vm_area_struct& area = s.add(base, 1, private_rw);
    EXPECT_TRUE(s.write(base, 1));
    // Other rights, and back again, by somebody who forgets to flush the second time.
    area.vm_flags = private_ro;
    area.vm_page_prot = vm_get_page_prot(area.vm_flags);
    EXPECT_EQ(change_protection(area, base, base + PAGE_SIZE), 1u);
    EXPECT_EQ(s.read(base), 1);
    area.vm_flags = private_rw;
    area.vm_page_prot = vm_get_page_prot(area.vm_flags);
    host_tlb = nullptr;
    change_protection(area, base, base + PAGE_SIZE);
    host_tlb = &the_software_cpu();
    const u64 frame = s.frame_at(base);
    the_software_cpu().faults = 0;
    EXPECT_TRUE(s.write(base, 2));
    EXPECT_EQ(the_software_cpu().faults, 1u);
    EXPECT_EQ(s.frame_at(base), frame);
    s.check();
}

// ---- copy on write ---------------------------------------------------------------------

TEST_F(faults, parent_and_child_see_their_own_writes_only) {
    space parent, child;
    parent.add(base, 3, private_rw);
    for (u32 i = 0; i < 2; ++i) parent.write(base + i * PAGE_SIZE, static_cast<u8>(10 + i));
    ASSERT_TRUE(parent.copy_to(child));
    EXPECT_EQ(child.frame_at(base), parent.frame_at(base));
    EXPECT_FALSE(parent.may_write(base) || child.may_write(base));
    EXPECT_EQ(child.rss(MM_ANONPAGES), 2u);
    EXPECT_TRUE(child.write(base, 77));
    EXPECT_TRUE(parent.write(base + PAGE_SIZE, 88));
    EXPECT_EQ(parent.read(base), 10);
    EXPECT_EQ(parent.read(base + PAGE_SIZE), 88);
    EXPECT_EQ(child.read(base), 77);
    EXPECT_EQ(child.read(base + PAGE_SIZE), 11);
    EXPECT_EQ(child.read(base + 2 * PAGE_SIZE), 0);
    parent.check();
    child.check();
}

TEST_F(faults, a_cpu_forgets_at_fork_that_the_parent_might_write) {
    space parent, child;
    parent.add(base, 1, private_rw);
    parent.write(base, 1);
    ASSERT_TRUE(parent.copy_to(child));
    EXPECT_TRUE(parent.write(base, 2));
    EXPECT_EQ(child.read(base), 1);
}

TEST_F(faults, the_last_owner_takes_the_page_back_without_a_copy) {
    space parent;
    parent.add(base, 1, private_rw);
    parent.write(base, 5);
    const u64 frame = parent.frame_at(base);
    {
        space child;
        ASSERT_TRUE(parent.copy_to(child));
        EXPECT_TRUE(child.write(base, 6));
    }
    EXPECT_FALSE(parent.may_write(base));
    EXPECT_TRUE(parent.write(base, 7));
    EXPECT_EQ(parent.frame_at(base), frame);
    EXPECT_TRUE(parent.may_write(base));
    parent.check();
}

TEST_F(faults, the_child_that_outlives_its_parent_keeps_the_page) {
    space child;
    u64 frame;
    {
        space parent;
        parent.add(base, 1, private_rw);
        parent.write(base, 5);
        frame = parent.frame_at(base);
        ASSERT_TRUE(parent.copy_to(child));
    }
    EXPECT_TRUE(child.write(base + 1, 1));
    EXPECT_EQ(child.read(base), 5);
    EXPECT_EQ(child.frame_at(base), frame);
    child.check();
}

TEST_F(faults, fork_leaves_to_faults_what_they_can_find_again) {
    space parent, child;
    memory_file* const file = numbered_file(2);
    parent.add(base, 4, private_rw);
    parent.add(base + 0x100000, 2, shared_rw, file);
    parent.add(base + 0x200000, 2, private_rw, file);
    fput(file);
    EXPECT_EQ(parent.read(base), 0);
    EXPECT_EQ(parent.read(base + 0x100000), 1);
    EXPECT_EQ(parent.read(base + 0x200000), 1);
    ASSERT_TRUE(parent.copy_to(child));
    EXPECT_EQ(child.mm.pgtables_bytes.load(), 0u);
    EXPECT_EQ(child.read(base + 0x100000), 1);
    EXPECT_EQ(child.frame_at(base + 0x100000), parent.frame_at(base + 0x100000));
    child.check();
}

// ---- one instruction -------------------------------------------------------------------

// Two pages each of the instruction, of the source, of the target.
TEST_F(faults, a_movsl_that_straddles_pages_takes_exactly_six_faults) {
    space s;
    s.add(base, 2, private_ro | VM_EXEC);
    s.add(base + 0x100000, 2, private_ro);
    s.add(base + 0x200000, 2, private_rw);
    software_cpu& cpu = s.cpu();
    cpu.faults = 0;
    EXPECT_TRUE(cpu.movsl(base + PAGE_SIZE - 1, 2, base + 0x200000 + PAGE_SIZE - 2,
                          base + 0x100000 + PAGE_SIZE - 2));
    EXPECT_EQ(cpu.faults, 6u);
    EXPECT_EQ(s.mm.min_flt, 6u);
    EXPECT_EQ(s.rss(MM_ANONPAGES), 2u);
    s.check();
}

// ---- no memory -------------------------------------------------------------------------

// Whatever is missing, the access gets that answer, and nothing else has changed.
TEST_F(faults, out_of_memory_changes_nothing) {
    memory_file* const file = numbered_file(1);
    for (const u32 kind : {0u, 1u, 2u, 3u}) {
        const u32 points = for_each_lack_of_memory([&] {
            // Two levels: the top table is a page, too.
            std::unique_ptr<space> made;
            try {
                made = std::make_unique<space>();
            } catch (const std::bad_alloc&) {
                return;
            }
            space& s = *made;
            s.add(base, 1, kind == 3 ? shared_rw : private_rw, kind >= 2 ? file : nullptr);
            if (kind == 1 && !s.touch(base)) return;
            const u32 rss = get_mm_rss(s.mm);
            const pte_entry before = entry_at(s.mm, base);
            const fault_outcome outcome = s.write(base, 1);
            if (outcome) return;
            EXPECT_EQ(outcome.what, fault_outcome::out_of_memory);
            EXPECT_EQ(entry_at(s.mm, base), before);
            EXPECT_EQ(get_mm_rss(s.mm), rss);
            s.check();
        });
        EXPECT_GE(points, kind == 3 ? 1u : 2u);
    }
    fput(file);
}
