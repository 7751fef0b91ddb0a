#include "mm/cache/rmap.hpp"

#include "mm/cache/cache_fixture.hpp"
#include "mm/cache/rmap_fixture.hpp"

#include <test.hpp>

TEST(rmap, a_page_is_anonymous_while_a_page_table_shows_it) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    page* const page = a.make_page(103);
    ASSERT_TRUE(page);
    EXPECT_TRUE(PageAnon(*page) && PageSwapBacked(*page));
    EXPECT_TRUE(!page_mapping(*page));
    EXPECT_EQ(page->index, 103u);
    EXPECT_EQ(page_mapcount(*page), 1u);

    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    page_add_anon_rmap(*page, b, b.address_of(103));
    get_page(*page);
    page_dup_rmap(*page);
    EXPECT_EQ(page_mapcount(*page), 3u);
    page_remove_rmap(*page);
    EXPECT_TRUE(PageAnon(*page));
    remove_page(page);
    EXPECT_TRUE(PageAnon(*page));
    page_remove_rmap(*page);
    EXPECT_FALSE(PageAnon(*page));
    EXPECT_FALSE(page_mapped(*page));
    EXPECT_TRUE(!page_get_anon_vma(*page));
    EXPECT_EQ(who_may_show(*page).view(), "");
    put_page(page);
}

TEST(rmap, the_last_owner_takes_a_page_over) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    page* const page = a.make_page(100);
    ASSERT_TRUE(page);
    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    page_add_anon_rmap(*page, b, b.address_of(100));
    EXPECT_EQ(who_may_show(*page).view(), "ab");
    page_remove_rmap(*page);  // a has made a copy
    page_move_anon_rmap(*page, b);
    EXPECT_EQ(who_may_show(*page).view(), "b");
    remove_page(page);
}

// Back from swap, nobody knows who made it.
TEST(rmap, a_page_that_comes_back_is_the_roots) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    page* const page = alloc_page(GFP_HIGHUSER_MOVABLE);
    ASSERT_TRUE(page);
    page_add_anon_rmap(*page, b, b.address_of(101));
    EXPECT_EQ(page->index, 101u);
    EXPECT_EQ(who_may_show(*page).view(), "ab");
    remove_page(page);
}

// While somebody looks, the last area goes: the anon_vma stays until he has done.
TEST(rmap, an_anon_vma_outlives_its_areas_for_who_holds_it) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    page* const page = b.make_page(100);
    ASSERT_TRUE(page);
    struct anon_vma* const held = page_get_anon_vma(*page);
    EXPECT_EQ(held, b.anon_vma);
    EXPECT_EQ(held->refcount.load(), 2u);
    remove_page(page);
    unlink_anon_vmas(b);
    unlink_anon_vmas(a);
    EXPECT_TRUE(held->rb_root.empty());
    EXPECT_EQ(held->refcount.load(), 1u);
    EXPECT_EQ(held->root->refcount.load(), 1u);
    put_anon_vma(held);
}

TEST(rmap, a_page_of_a_file_is_shown_by_what_maps_the_file) {
    numbered_file file;
    // Two areas of the whole file, and one that begins behind the page.
    test_area a('a', 0, 8), b('b', 2, 8), c('c', 5, 8);
    for (test_area* const area : {&a, &b, &c}) {
        area->vm_start += 0x40000000;
        area->vm_end += 0x40000000;
        vma_interval_tree_insert(*area, file.mapping);
    }
    const result<page*> got = read_mapping_page(file.mapping, 4, cache_mask);
    ASSERT_TRUE(got);
    page& page = **got;
    page_add_file_rmap(page);
    EXPECT_FALSE(PageAnon(page));
    EXPECT_EQ(page_mapping(page), &file.mapping);
    EXPECT_EQ(page_mapcount(page), 1u);
    EXPECT_EQ(who_may_show(page).view(), "ab");
    rmap_walk(page, [&](rmap_area& area, u32 address) {
        EXPECT_EQ(address, area.vm_start + ((4 - area.vm_pgoff) << PAGE_SHIFT));
    });
    {
        area_update shorter(&file.mapping, b);
        b.vm_end = b.address_of(4);
    }
    EXPECT_EQ(who_may_show(page).view(), "a");
    {
        // Both at once: the border between them moves.
        area_update both(&file.mapping, a, &c);
        a.vm_end = a.address_of(4);
        c.vm_start = c.address_of(4);
        c.vm_pgoff = 4;
    }
    file.mapping.check_invariants();
    EXPECT_EQ(who_may_show(page).view(), "c");
    page_remove_rmap(page);
    EXPECT_EQ(page_mapping(page), &file.mapping);
    put_page(&page);
    for (test_area* const area : {&a, &b, &c}) vma_interval_tree_remove(*area, file.mapping);
}

// A private mapping of a file: the file's page and the area's own copy of it, each found by
// its own way.
TEST(rmap, a_copy_of_a_files_page_is_found_by_the_anon_vma) {
    numbered_file file;
    test_area a('a', 0, 4), other('o', 0, 4);
    vma_interval_tree_insert(a, file.mapping);
    vma_interval_tree_insert(other, file.mapping);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    page* const copy = a.make_page(2);
    const result<page*> original = read_mapping_page(file.mapping, 2, cache_mask);
    ASSERT_TRUE(copy && original);
    EXPECT_EQ(who_may_show(*copy).view(), "a");
    EXPECT_EQ(who_may_show(**original).view(), "ao");
    remove_page(copy);
    put_page(*original);
    vma_interval_tree_remove(a, file.mapping);
    vma_interval_tree_remove(other, file.mapping);
}

TEST(rmap, a_visitor_may_end_the_walk) {
    test_area a('a', 100, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    test_area b('b', a);
    ASSERT_TRUE(anon_vma_fork(b, a));
    page* const page = a.make_page(100);
    ASSERT_TRUE(page);
    u32 visits = 0;
    rmap_walk(*page, [&](rmap_area&, u32) {
        ++visits;
        return false;
    });
    EXPECT_EQ(visits, 1u);
    remove_page(page);
}
