#include "mm/cache/address_space.hpp"

#include "mm/cache/cache_fixture.hpp"

#include <test.hpp>

TEST(page_cache, a_page_is_read_once_and_found_by_all) {
    numbered_file file;
    EXPECT_TRUE(!find_get_page(file.mapping, 3));
    const result<page*> first = read_mapping_page(file.mapping, 3, cache_mask);
    ASSERT_TRUE(first);
    page& page = **first;
    EXPECT_EQ(numbered_file::first_byte(page), 4u);
    EXPECT_TRUE(PageUptodate(page));
    EXPECT_FALSE(PageLocked(page));
    EXPECT_EQ(page.mapping, &file.mapping);
    EXPECT_EQ(page.index, 3u);
    EXPECT_EQ(page_count(page), 2);  // the cache's, and ours
    const result<struct page*> again = read_mapping_page(file.mapping, 3, cache_mask);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, &page);
    EXPECT_EQ(find_get_page(file.mapping, 3), &page);
    EXPECT_EQ(page_count(page), 4);
    EXPECT_EQ(file.reads, 1u);
    EXPECT_EQ(u32{file.mapping.nrpages}, 1u);
    file.mapping.check_invariants();
    for (u32 i = 0; i < 3; ++i) put_page(&page);
}

TEST(page_cache, without_readpage_a_page_is_zeroes) {
    address_space mapping;
    const result<page*> got = read_mapping_page(mapping, ~u32{0}, cache_mask);
    ASSERT_TRUE(got);
    u32 others = 0;
    {
        const mapped_page bytes(**got);
        for (u32 i = 0; i < PAGE_SIZE; ++i) others += bytes.bytes()[i] != 0;
    }
    EXPECT_EQ(others, 0u);
    put_page(*got);
    mapping.check_invariants();
    truncate_inode_pages(mapping, 0);
}

TEST(page_cache, a_page_that_cannot_be_read_is_not_kept) {
    numbered_file file;
    file.fail_at = 2;
    const result<page*> got = read_mapping_page(file.mapping, 2, cache_mask);
    EXPECT_EQ(got.error(), EIO);
    EXPECT_TRUE(!file.at(2));
    EXPECT_EQ(u32{file.mapping.nrpages}, 0u);
    file.mapping.check_invariants();
    file.fail_at = numbered_file::nowhere;
    EXPECT_EQ(file.number_at(2), 3u);
}

// Somebody put the page in, and has not filled it; or could not.
TEST(page_cache, who_finds_a_page_that_is_not_up_to_date_reads_it) {
    numbered_file file;
    page* const fresh = alloc_page(cache_mask);
    ASSERT_TRUE(fresh);
    ASSERT_TRUE(add_to_page_cache(*fresh, file.mapping, 9));
    EXPECT_TRUE(PageLocked(*fresh));
    EXPECT_FALSE(PageUptodate(*fresh));
    unlock_page(*fresh);
    EXPECT_EQ(file.number_at(9), 10u);
    EXPECT_EQ(file.at(9), fresh);
    EXPECT_EQ(file.reads, 1u);
    put_page(fresh);
}

TEST(page_cache, a_place_is_taken_once) {
    numbered_file file;
    EXPECT_EQ(file.number_at(5), 6u);
    page* const other = alloc_page(cache_mask);
    ASSERT_TRUE(other);
    EXPECT_EQ(add_to_page_cache(*other, file.mapping, 5).error(), EEXIST);
    EXPECT_FALSE(PageLocked(*other));
    EXPECT_TRUE(!other->mapping);
    EXPECT_EQ(page_count(*other), 1);
    file.mapping.check_invariants();
    put_page(other);
}

TEST(page_cache, a_page_that_leaves_is_nobodys) {
    numbered_file file;
    const result<page*> got = read_mapping_page(file.mapping, 0, cache_mask);
    ASSERT_TRUE(got);
    page& page = **got;
    EXPECT_TRUE(set_page_dirty(page));
    lock_page(page);
    delete_from_page_cache(page);
    unlock_page(page);
    EXPECT_TRUE(!page.mapping);
    EXPECT_FALSE(PageDirty(page));
    EXPECT_EQ(page_count(page), 1);
    EXPECT_TRUE(!file.at(0));
    put_page(&page);
    file.mapping.check_invariants();
}

TEST(page_cache, truncation_takes_all_from_a_place_on) {
    numbered_file file;
    constexpr u32 places[] = {0, 1, 2, 40, 41, 63, 64, 65, 4095, 4096, ~u32{0}};
    for (const u32 index : places) EXPECT_EQ(file.number_at(index), u8(index + 1));
    EXPECT_EQ(u32{file.mapping.nrpages}, 11u);
    page* const held = find_get_page(file.mapping, 64);
    ASSERT_TRUE(held);
    truncate_inode_pages(file.mapping, 41);
    file.mapping.check_invariants();
    EXPECT_EQ(u32{file.mapping.nrpages}, 4u);
    for (const u32 index : places) EXPECT_EQ(file.at(index) != nullptr, index < 41);
    // Who holds one still has it, but it is not the file's.
    EXPECT_TRUE(!held->mapping);
    EXPECT_EQ(page_count(*held), 1);
    put_page(held);
}

// More than the batch in which they are looked up, and each batch ends somewhere else.
TEST(page_cache, truncation_goes_on_behind_a_batch) {
    numbered_file file;
    for (u32 index = 0; index < 50; ++index) EXPECT_EQ(file.number_at(index), index + 1);
    truncate_inode_pages(file.mapping, 1);
    EXPECT_EQ(u32{file.mapping.nrpages}, 1u);
    EXPECT_TRUE(file.at(0));
    file.mapping.check_invariants();
}

TEST(page_cache, dirty_pages_are_found_by_their_tag) {
    numbered_file file;
    for (const u32 index : {1, 2, 70}) file.number_at(index);
    EXPECT_TRUE(set_page_dirty(*file.at(70)));
    EXPECT_FALSE(set_page_dirty(*file.at(70)));
    file.mapping.check_invariants();
    {
        lock_guard held(file.mapping.tree_lock);
        radix_tree::found found[2];
        EXPECT_EQ(file.mapping.page_tree.gang_lookup_tag(0, found, RADIX_DIRTY), 1u);
        EXPECT_EQ(found[0].index, 70u);
    }
    EXPECT_TRUE(clear_page_dirty(*file.at(70)));
    EXPECT_FALSE(clear_page_dirty(*file.at(70)));
    lock_guard held(file.mapping.tree_lock);
    EXPECT_FALSE(file.mapping.page_tree.tagged(RADIX_DIRTY));
}

TEST(page_cache, a_page_of_no_file_is_dirty_by_its_flag_alone) {
    page* const page = alloc_page(cache_mask);
    ASSERT_TRUE(page);
    EXPECT_TRUE(set_page_dirty(*page));
    EXPECT_FALSE(set_page_dirty(*page));
    EXPECT_TRUE(clear_page_dirty(*page));
    EXPECT_FALSE(clear_page_dirty(*page));
    put_page(page);
}

TEST(page_cache, each_lack_of_memory_leaves_it_as_it_was) {
    const auto read_far_apart = [](numbered_file& file) {
        // 0 stands in the root; 4096 wants five nodes at once, 64 one more.
        for (const u32 index : {0u, 4096u, 64u}) {
            const u32 before = file.mapping.nrpages;
            const result<page*> got = read_mapping_page(file.mapping, index, cache_mask);
            file.mapping.check_invariants();
            if (!got) {
                EXPECT_EQ(got.error(), ENOMEM);
                EXPECT_EQ(u32{file.mapping.nrpages}, before);
                EXPECT_TRUE(!file.at(index));
                return;
            }
            put_page(*got);
        }
        EXPECT_EQ(u32{file.mapping.nrpages}, 3u);
    };
    const u32 pages = for_each_failure(the_page_allocator().fail_page_alloc(), [&] {
        numbered_file file;
        read_far_apart(file);
    });
    EXPECT_GE(pages, 3u);
    const u32 objects = for_each_failure(failslab, [&] {
        numbered_file file;
        read_far_apart(file);
    });
    EXPECT_EQ(objects, 6u);
}

// ---- i_mmap ------------------------------------------------------------------------------

namespace {

struct shown : rmap_area {
    shown(u32 pgoff, u32 pages) {
        vm_start = 0x10000000;
        vm_end = vm_start + (pages << PAGE_SHIFT);
        vm_pgoff = pgoff;
    }
};

}  // namespace

TEST(page_cache, i_mmap_names_the_areas_that_show_a_page) {
    address_space mapping;
    shown areas[] = {{0, 10}, {4, 2}, {9, 1}, {~u32{0}, 1}};
    for (shown& area : areas) vma_interval_tree_insert(area, mapping);
    mapping.check_invariants();
    const auto digits = [&](u32 first, u32 last) {
        u32 sum = 0;
        for_each_area(mapping, first, last, [&](rmap_area& area) {
            sum = sum * 10 + static_cast<u32>(static_cast<shown*>(&area) - areas) + 1;
        });
        return sum;
    };
    EXPECT_EQ(digits(0, 0), 1u);
    EXPECT_EQ(digits(5, 5), 12u);
    EXPECT_EQ(digits(6, 8), 1u);
    EXPECT_EQ(digits(5, 9), 123u);
    EXPECT_EQ(digits(10, ~u32{0}), 4u);
    // The visitor may end it.
    u32 visits = 0;
    for_each_area(mapping, 0, 9, [&](rmap_area&) {
        ++visits;
        return visits < 2;
    });
    EXPECT_EQ(visits, 2u);
    for (shown& area : areas) vma_interval_tree_remove(area, mapping);
    EXPECT_EQ(digits(0, ~u32{0}), 0u);
}
