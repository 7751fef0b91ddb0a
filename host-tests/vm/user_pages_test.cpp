// The calls of user_pages.hpp, by what a program sees before and behind them.
#include "host-tests/vm/space.hpp"
#include "mm/vm/zero_page.hpp"

#include <test.hpp>

namespace {

constexpr u32 base = 0x40000000;
constexpr u32 directories = kernel_format::levels == 3 ? 1 : 0;

class user_pages : public vm_test {
protected:
    static u32 at(u32 page) { return base + page * PAGE_SIZE; }

    static void give_rights(vm_area_struct& area, u32 flags) {
        area.vm_flags = flags;
        area.vm_page_prot = vm_get_page_prot(flags);
    }
    static u32 tables(const space& s) { return s.mm.pgtables_bytes.load() / PAGE_SIZE; }
};

}  // namespace

// ---- taking away -----------------------------------------------------------------------

TEST_F(user_pages, what_is_zapped_is_gone_at_once) {
    space s;
    vm_area_struct& area = s.add(base, 80, private_rw);
    for (u32 i = 0; i < 80; ++i) s.write(at(i), static_cast<u8>(i));
    zap_page_range(area, at(1), at(79));
    EXPECT_EQ(s.rss(MM_ANONPAGES), 2u);
    EXPECT_EQ(s.mm.hiwater_rss, 80u);
    EXPECT_EQ(s.read(at(0)), 0);
    for (u32 i = 1; i < 79; ++i) EXPECT_EQ(s.read(at(i)), 0);
    EXPECT_EQ(s.read(at(79)), 79);
    s.check();
}

TEST_F(user_pages, marks_of_the_cpu_are_passed_on_to_the_file_s_page) {
    space s;
    memory_file* const file = numbered_file(2);
    vm_area_struct& area = s.add(base, 2, shared_rw, file);
    EXPECT_EQ(s.read(at(1)), 2);
    page& page = s.page_at(at(1));
    clear_page_dirty(page);
    EXPECT_TRUE(s.write(at(1), 3));  // the entry allows it: no fault tells of it
    zap_page_range(area, at(0), at(2));
    EXPECT_TRUE(PageDirty(page));
    EXPECT_TRUE(page_test(page, PG_referenced));
    EXPECT_EQ(page_mapcount(page), 0u);
    fput(file);
}

TEST_F(user_pages, tables_go_when_no_area_touches_their_span) {
    space s;
    s.add(base, 1, private_rw);
    s.add(base + PMD_SIZE - PAGE_SIZE, 2, private_rw);
    s.add(base + PMD_SIZE + 8 * PAGE_SIZE, 1, private_rw);
    for (const u32 address : {base, base + PMD_SIZE - 1, base + PMD_SIZE})
        s.write(address, 1);
    EXPECT_EQ(tables(s), 2 + directories);
    s.unmap(base + PMD_SIZE - PAGE_SIZE, base + PMD_SIZE + PAGE_SIZE);
    EXPECT_EQ(tables(s), 2 + directories);  // both have neighbours
    s.check();
    s.unmap(base + PMD_SIZE + 8 * PAGE_SIZE, base + PMD_SIZE + 9 * PAGE_SIZE);
    EXPECT_EQ(tables(s), 1 + directories);
    EXPECT_EQ(s.read(base), 1);
    s.unmap(base, base + PAGE_SIZE);
    EXPECT_EQ(tables(s), 0u);
    s.check();
}

TEST_F(user_pages, a_whole_space_is_taken_apart) {
    space s;
    for (const u32 start : {0x00001000u, base, 0x7ffff000u, 0xbffff000u}) {
        s.add(start, 1, private_rw);
        s.write(start, 1);
    }
    s.unmap(0, TASK_SIZE);
    EXPECT_EQ(tables(s), 0u);
    EXPECT_EQ(get_mm_rss(s.mm), 0u);
    s.check();
}

// ---- rights ----------------------------------------------------------------------------

TEST_F(user_pages, rights_are_taken_and_given_back) {
    space s;
    vm_area_struct& area = s.add(base, 3, private_rw);
    s.write(at(0), 1);
    EXPECT_EQ(s.read(at(1)), 0);
    give_rights(area, private_ro);
    EXPECT_EQ(change_protection(area, at(0), at(3)), 2u);
    EXPECT_EQ(s.write(at(0), 2), segv_accerr(at(0)));
    EXPECT_EQ(s.read(at(0)), 1);
    give_rights(area, private_rw);
    change_protection(area, at(0), at(3));
    EXPECT_TRUE(s.may_write(at(0)));   // its own: no fault has to come first
    EXPECT_FALSE(s.may_write(at(1)));  // the page of zeroes
    s.cpu().faults = 0;
    EXPECT_TRUE(s.write(at(0), 2));
    EXPECT_EQ(the_software_cpu().faults, 0u);
    EXPECT_TRUE(s.write(at(1), 3));
    EXPECT_EQ(s.read(at(0)), 2);
    s.check();
}

TEST_F(user_pages, no_rights_at_all_keep_the_page) {
    space s;
    vm_area_struct& area = s.add(base, 1, private_rw);
    s.write(base, 9);
    give_rights(area, VM_MAYREAD | VM_MAYWRITE);
    change_protection(area, at(0), at(1));
    s.check();
    EXPECT_EQ(s.touch(base), segv_accerr(base));
    EXPECT_EQ(s.rss(MM_ANONPAGES), 1u);
    give_rights(area, private_rw);
    change_protection(area, at(0), at(1));
    EXPECT_EQ(s.read(base), 9);
    s.check();
}

TEST_F(user_pages, a_page_that_others_see_stays_unwritable) {
    space s, child;
    vm_area_struct& area = s.add(base, 1, private_rw);
    s.write(base, 1);
    ASSERT_TRUE(s.copy_to(child));
    give_rights(area, private_ro);
    change_protection(area, at(0), at(1));
    give_rights(area, private_rw);
    change_protection(area, at(0), at(1));
    EXPECT_FALSE(s.may_write(base));
    EXPECT_TRUE(s.write(base, 2));
    EXPECT_EQ(child.read(base), 1);
    s.check();
}

TEST_F(user_pages, madv_free_leaves_alone_what_others_see) {
    space parent, child;
    vm_area_struct& area = parent.add(base, 1, private_rw);
    parent.write(base, 1);
    ASSERT_TRUE(parent.copy_to(child));
    const pte_entry before = entry_at(parent.mm, base);
    free_lazily(area, base, base + PAGE_SIZE);
    EXPECT_EQ(entry_at(parent.mm, base), before);
    EXPECT_TRUE(kernel_format::dirty(before));
}

TEST_F(user_pages, madv_free_makes_clean_and_loses_nothing) {
    space s;
    vm_area_struct& area = s.add(base, 2, private_rw);
    s.write(at(0), 4);
    EXPECT_EQ(s.read(at(1)), 0);
    free_lazily(area, at(0), at(2));
    EXPECT_FALSE(kernel_format::dirty(entry_at(s.mm, at(0))));
    EXPECT_FALSE(kernel_format::accessed(entry_at(s.mm, at(0))));
    EXPECT_EQ(s.read(at(0)), 4);
    EXPECT_TRUE(s.write(at(0), 5));
    EXPECT_TRUE(kernel_format::dirty(entry_at(s.mm, at(0))));
    s.check();
}

// ---- moving ----------------------------------------------------------------------------

TEST_F(user_pages, moved_pages_are_the_same_ones) {
    for (const u32 to : {base + 3 * PMD_SIZE, base + 3 * PMD_SIZE + 5 * PAGE_SIZE}) {
        space s;
        const u32 pages = 2 * (PMD_SIZE >> PAGE_SHIFT) + 3;
        vm_area_struct& old = s.add(base, pages, private_rw);
        for (const u32 i : {0u, 1u, pages / 2, pages - 1})
            s.write(at(i), static_cast<u8>(i + 1));
        vm_area_struct& fresh = s.add(to, pages, private_rw, nullptr, old.vm_pgoff);
        fresh.anon_vma = old.anon_vma;
        ASSERT_TRUE(anon_vma_clone(fresh, old));
        const u32 bytes = pages * PAGE_SIZE;
        EXPECT_EQ(move_page_tables(old, base, fresh, to, bytes), bytes);
        for (const u32 i : {0u, 1u, pages / 2, pages - 1})
            EXPECT_EQ(s.read(to + i * PAGE_SIZE), static_cast<u8>(i + 1));
        EXPECT_EQ(s.rss(MM_ANONPAGES), 4u);
        s.check();
        s.unmap(base, base + bytes);
        EXPECT_EQ(s.touch(base), segv_maperr(base));
        s.check();
    }
}

TEST_F(user_pages, a_move_without_memory_stops_and_can_be_taken_back) {
    const u32 pages = 2 * (PMD_SIZE >> PAGE_SHIFT);
    const u32 bytes = pages * PAGE_SIZE;
    const u32 to = base + 8 * PMD_SIZE + 16 * PAGE_SIZE;
    for (u32 n = 1;; ++n) {
        space s;
        vm_area_struct& old = s.add(base, pages, private_rw);
        for (const u32 i : {0u, pages / 2, pages - 1})
            s.write(at(i), static_cast<u8>(i + 1));
        vm_area_struct& fresh = s.add(to, pages, private_rw, nullptr, old.vm_pgoff);
        fresh.anon_vma = old.anon_vma;
        ASSERT_TRUE(anon_vma_clone(fresh, old));
        u32 moved;
        {
            const fail_nth armed(the_page_allocator().fail_page_alloc(), n);
            moved = move_page_tables(old, base, fresh, to, bytes);
        }
        if (moved == bytes) {
            EXPECT_EQ(n, 4u);  // three tables
            break;
        }
        EXPECT_EQ(move_page_tables(fresh, to, old, base, moved), moved);
        for (const u32 i : {0u, pages / 2, pages - 1})
            EXPECT_EQ(s.read(at(i)), static_cast<u8>(i + 1));
        s.check();
    }
}

// ---- fork without memory ---------------------------------------------------------------

TEST_F(user_pages, a_fork_without_memory_leaves_the_parent_whole) {
    u32 failures = 0;
    for (u32 n = 1;; ++n) {
        space parent;
        parent.add(base, 1, private_rw);
        parent.add(base + 2 * PMD_SIZE, 1, private_rw);
        parent.write(base, 1);
        parent.write(base + 2 * PMD_SIZE, 2);
        bool whole;
        {
            space child;
            {
                const fail_nth armed(the_page_allocator().fail_page_alloc(), n);
                whole = parent.copy_to(child);
            }
            child.check();
            parent.check();
        }
        EXPECT_TRUE(parent.write(base, 3));
        EXPECT_EQ(parent.read(base + 2 * PMD_SIZE), 2);
        if (whole) break;
        ++failures;
    }
    EXPECT_GE(failures, 2 + directories);
}

// ---- ahead of faults -------------------------------------------------------------------

TEST_F(user_pages, populate_makes_what_a_fault_would) {
    space s;
    memory_file* const file = numbered_file(2);
    vm_area_struct& own = s.add(base, 3, private_rw);
    vm_area_struct& of_file = s.add(base + 0x100000, 3, shared_rw, file);
    const read_guard held(s.mm.mmap_sem);
    EXPECT_TRUE(populate_range(own, at(0), at(2), true));
    EXPECT_TRUE(s.may_write(at(0)) && s.may_write(at(1)) && !s.is_mapped(at(2)));
    EXPECT_TRUE(populate_range(own, at(2), at(3), false));
    EXPECT_TRUE(is_zero_page(entry_at(s.mm, at(2))));
    EXPECT_EQ(populate_range(of_file, of_file.vm_start, of_file.vm_end, false).error(),
              EFAULT);
    EXPECT_TRUE(s.is_mapped(of_file.vm_start + PAGE_SIZE));
    const fail_nth armed(the_page_allocator().fail_page_alloc(), 1);
    EXPECT_EQ(populate_range(own, at(2), at(3), true).error(), ENOMEM);
    s.check();
    fput(file);
}

TEST_F(user_pages, in_core_is_what_is_mapped_or_cached) {
    space s;
    memory_file* const file = numbered_file(1);
    EXPECT_TRUE(file->truncate(2 * PAGE_SIZE));
    vm_area_struct& own = s.add(base, 2, private_rw);
    vm_area_struct& of_file = s.add(base + 0x100000, 2, shared_ro, file);
    s.write(at(1), 1);
    EXPECT_FALSE(is_in_core(own, at(0)));
    EXPECT_TRUE(is_in_core(own, at(1)));
    EXPECT_TRUE(is_in_core(of_file, of_file.vm_start));
    EXPECT_FALSE(is_in_core(of_file, of_file.vm_start + PAGE_SIZE));
    fput(file);
}

// ---- what finds mistakes ---------------------------------------------------------------

TEST_F(user_pages, the_check_finds_what_is_wrong) {
    space s;
    vm_area_struct& area = s.add(base, 1, private_rw);
    s.write(base, 1);
    s.mm.rss[MM_ANONPAGES].fetch_add(1);
    EXPECT_THROW(s.check(), kernel_panic);
    s.mm.rss[MM_ANONPAGES].fetch_sub(1);
    area.vm_flags &= ~u32{VM_WRITE};
    EXPECT_THROW(s.check(), kernel_panic);
    area.vm_flags |= VM_WRITE;
    s.mm.pgtables_bytes.fetch_add(PAGE_SIZE);
    EXPECT_THROW(s.check(), kernel_panic);
    s.mm.pgtables_bytes.fetch_sub(PAGE_SIZE);
    area.vm_start -= PAGE_SIZE;
    EXPECT_THROW(s.check(), kernel_panic);
    area.vm_start += PAGE_SIZE;
    s.check();
}
