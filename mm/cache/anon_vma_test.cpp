#include "mm/cache/anon_vma.hpp"

#include "mm/cache/rmap_fixture.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

TEST(anon_vma, is_made_before_the_first_page) {
    test_area a('a', 100, 4);
    EXPECT_TRUE(anon_vma_prepare(a, nullptr));
    ASSERT_TRUE(a.anon_vma);
    const struct anon_vma* const made = a.anon_vma;
    EXPECT_EQ(made->root, made);
    EXPECT_EQ(made->num_children, 1u);
    EXPECT_EQ(made->num_active_vmas, 1u);
    check_anon_vmas(a);
    EXPECT_TRUE(anon_vma_prepare(a, nullptr));
    EXPECT_EQ(a.anon_vma, made);
    EXPECT_EQ(a.chain_length(), 1u);
    unlink_anon_vmas(a);
    EXPECT_TRUE(!a.anon_vma);
    EXPECT_TRUE(a.anon_vma_chain.empty());
    unlink_anon_vmas(a);
    EXPECT_TRUE(anon_vma_prepare(a, nullptr));
}

TEST(anon_vma, is_shared_with_a_neighbour_that_may_become_one_area_with_it) {
    test_area a('a', 100, 4), next('n', 104, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    ASSERT_TRUE(anon_vma_prepare(next, a.anon_vma));
    EXPECT_EQ(next.anon_vma, a.anon_vma);
    EXPECT_EQ(a.anon_vma->num_active_vmas, 2u);
    check_anon_vmas(a);
    // Each shows its own pages only.
    page* const low = a.make_page(103);
    page* const high = next.make_page(104);
    ASSERT_TRUE(low && high);
    EXPECT_EQ(who_may_show(*low).view(), "a");
    EXPECT_EQ(who_may_show(*high).view(), "n");
    remove_page(low);
    remove_page(high);
    unlink_anon_vmas(a);
    check_anon_vmas(next);
}

// The drawing.
TEST(anon_vma, a_page_is_shown_by_the_area_that_made_it_and_its_descendants) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    test_area c('c', b);
    ASSERT_TRUE(anon_vma_fork(c, b));
    EXPECT_EQ(a.chain_length(), 1u);
    EXPECT_EQ(b.chain_length(), 2u);
    EXPECT_EQ(c.chain_length(), 3u);
    EXPECT_EQ(b.anon_vma->parent, a.anon_vma);
    EXPECT_EQ(c.anon_vma->parent, b.anon_vma);
    EXPECT_EQ(c.anon_vma->root, a.anon_vma);
    EXPECT_EQ(a.anon_vma->refcount.load(), 3u);
    check_anon_vmas(c);

    page* const made[] = {a.make_page(101), b.make_page(101), c.make_page(101)};
    ASSERT_TRUE(made[0] && made[1] && made[2]);
    EXPECT_EQ(who_may_show(*made[0]).view(), "abc");
    EXPECT_EQ(who_may_show(*made[1]).view(), "bc");
    EXPECT_EQ(who_may_show(*made[2]).view(), "c");
    // The child that has gone shows nothing; the others do, in whatever order they go.
    remove_page(made[1]);
    unlink_anon_vmas(b);
    check_anon_vmas(a);
    EXPECT_EQ(who_may_show(*made[0]).view(), "ac");
    remove_page(made[0]);
    unlink_anon_vmas(a);
    check_anon_vmas(c);
    EXPECT_EQ(who_may_show(*made[2]).view(), "c");
    remove_page(made[2]);
}

TEST(anon_vma, siblings_do_not_see_each_others_pages) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    test_area b('b', a), c('c', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    ASSERT_TRUE(anon_vma_fork(c, a));
    EXPECT_NE(b.anon_vma, c.anon_vma);
    EXPECT_EQ(a.anon_vma->num_children, 3u);
    check_anon_vmas(a);
    page* const of_b = b.make_page(102);
    ASSERT_TRUE(of_b);
    EXPECT_EQ(who_may_show(*of_b).view(), "b");
    remove_page(of_b);
}

TEST(anon_vma, a_child_of_an_area_without_pages_has_none_either) {
    test_area a('a', 100, 4), b('b', a);
    EXPECT_TRUE(anon_vma_fork(b, a));
    EXPECT_TRUE(!b.anon_vma);
    EXPECT_TRUE(b.anon_vma_chain.empty());
}

// Each generation forks and ends. Without reuse the hundredth would be connected to a
// hundred anon_vmas, ninety-eight of them nobody's.
TEST(anon_vma, generations_do_not_pile_up) {
    test_area even('e', 100, 4), odd('o', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(even, nullptr));
    test_area *parent = &even, *child = &odd;
    u32 longest = 0;
    for (u32 generation = 0; generation < 100; ++generation) {
        ASSERT_TRUE(anon_vma_fork(*child, *parent));
        unlink_anon_vmas(*parent);
        check_anon_vmas(*child);
        longest = max_of(longest, child->chain_length());
        page* const made = child->make_page(100);
        ASSERT_TRUE(made);
        EXPECT_EQ(who_may_show(*made).view(), std::string_view(&child->letter, 1));
        remove_page(made);
        test_area* const next = parent;
        parent = child;
        child = next;
    }
    EXPECT_EQ(longest, 3u);
}

// Two children at once must not both get the abandoned one: they would see each other's.
TEST(anon_vma, an_abandoned_one_is_reused_by_one_child_only) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    test_area c('c', b);
    ASSERT_TRUE(anon_vma_fork(c, b));
    struct anon_vma* const abandoned = b.anon_vma;
    unlink_anon_vmas(b);
    test_area d('d', c), e('e', c);
    ASSERT_TRUE(anon_vma_fork(d, c));
    ASSERT_TRUE(anon_vma_fork(e, c));
    check_anon_vmas(a);
    EXPECT_EQ(d.anon_vma, abandoned);
    EXPECT_NE(e.anon_vma, abandoned);
    EXPECT_EQ(e.anon_vma->parent, c.anon_vma);
}

TEST(anon_vma, a_part_that_is_split_off_keeps_all_connections) {
    test_area a('a', 100, 8);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    page* const low = a.make_page(101);
    page* const high = a.make_page(106);
    ASSERT_TRUE(low && high);

    test_area upper('u', b);
    upper.vm_start = upper.address_of(104);
    upper.vm_pgoff = 104;
    ASSERT_TRUE(anon_vma_clone(upper, b));
    EXPECT_EQ(upper.anon_vma, b.anon_vma);
    EXPECT_EQ(b.anon_vma->num_active_vmas, 2u);
    // For now both show the upper part: no page is missed.
    EXPECT_EQ(who_may_show(*high).view(), "abu");
    {
        area_update shorter(nullptr, b);
        b.vm_end = upper.vm_start;
    }
    check_anon_vmas(a);
    EXPECT_EQ(who_may_show(*low).view(), "ab");
    EXPECT_EQ(who_may_show(*high).view(), "au");
    // The border moves: both change at once.
    {
        area_update both(nullptr, b, &upper);
        b.vm_end = upper.vm_start = b.address_of(107);
        upper.vm_pgoff = 107;
    }
    check_anon_vmas(a);
    EXPECT_EQ(who_may_show(*high).view(), "ab");
    remove_page(low);
    remove_page(high);
}

// mremap: the pages keep their index, and are shown elsewhere.
TEST(anon_vma, an_area_that_moved_shows_its_pages_at_its_new_place) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    page* const page = a.make_page(102);
    ASSERT_TRUE(page);
    test_area moved('m', a);
    moved.vm_start += 0x100000;
    moved.vm_end += 0x100000;
    ASSERT_TRUE(anon_vma_clone(moved, a));
    unlink_anon_vmas(a);
    check_anon_vmas(moved);
    u32 address = 0;
    rmap_walk(*page, [&](rmap_area&, u32 at) { address = at; });
    EXPECT_EQ(address, (102u << PAGE_SHIFT) + 0x100000);
    remove_page(page);
}

TEST(anon_vma, each_lack_of_memory_leaves_all_as_it_was) {
    const auto family = [] {
        test_area a('a', 100, 4);
        if (const result<> made = anon_vma_prepare(a, nullptr); !made) {
            EXPECT_EQ(made.error(), ENOMEM);
            EXPECT_TRUE(!a.anon_vma && a.anon_vma_chain.empty());
            return;
        }
        test_area b('b', a);
        const result<> forked = anon_vma_fork(b, a);
        check_anon_vmas(a);
        if (!forked) {
            EXPECT_EQ(forked.error(), ENOMEM);
            EXPECT_TRUE(!b.anon_vma && b.anon_vma_chain.empty());
            EXPECT_EQ(a.anon_vma->num_children, 1u);
            EXPECT_EQ(a.anon_vma->refcount.load(), 1u);
            return;
        }
        test_area upper('u', b);
        const result<> split = anon_vma_clone(upper, b);
        check_anon_vmas(a);
        if (split) return;
        EXPECT_EQ(split.error(), ENOMEM);
        EXPECT_TRUE(!upper.anon_vma && upper.anon_vma_chain.empty());
        EXPECT_EQ(b.anon_vma->num_active_vmas, 1u);
    };
    // Prepared: 2. Forked: 1 connection that is inherited, 2 of its own. Split: 2.
    EXPECT_EQ(for_each_failure(failslab, family), 7u);
}
