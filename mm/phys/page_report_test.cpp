// Each detector is provoked. It must tell exactly once, by name, and the allocator
// must be as sane afterwards as it was before.
#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

class watched_arena : public page_arena {
public:
    // One report since the last call, of this, about this frame.
    void expect(page_bug bug, u32 frame, unsigned order = 0) {
        EXPECT_EQ(heard.count, 1u);
        EXPECT_STREQ(page_bug_name(heard.bug), page_bug_name(bug));
        EXPECT_EQ(heard.frame, frame);
        EXPECT_EQ(heard.order, order);
        heard = {};
        expect_sane();
    }
    void expect_sane() {
        page_allocator& allocator = **this;
        allocator.check_invariants();
        const u32 in_use = allocator.pages_in_use();
        for (unsigned order = 0; order < 6; ++order) {
            page* const head = allocator.alloc_pages(GFP_KERNEL, order);
            ASSERT_TRUE(head);
            allocator.free_pages(head, order);
        }
        EXPECT_EQ(heard.count, 0u);
        EXPECT_EQ(allocator.pages_in_use(), in_use);
        allocator.check_invariants();
    }
    page* get(unsigned order = 0) { return (**this).alloc_pages(GFP_KERNEL, order); }
};

}  // namespace

TEST(page_report, double_free_of_a_free_block) {
    watched_arena arena;
    page* const head = arena.get(4);
    page* const neighbour = arena->map() + (arena.frame_of(head) ^ 16);
    EXPECT_TRUE(PageBuddy(*neighbour));
    page* const keep = arena.get(4);  // the buddy: so the block does not merge
    arena->free_pages(head, 4);
    EXPECT_TRUE(PageBuddy(*head));
    arena->free_pages(head, 4);
    arena.expect(page_bug::double_free, arena.frame_of(head), 4);
    arena->free_pages(keep, 4);
    arena.expect_sane();
}

TEST(page_report, double_free_of_a_page_on_a_cpus_list) {
    watched_arena arena;
    arena.normal().set_pcp_limits(64, 4);
    page* const page = arena.get();
    arena->free_pages(page, 0);
    EXPECT_TRUE(page_test(*page, PG_pcp));
    arena->free_pages(page, 0);
    arena.expect(page_bug::double_free, arena.frame_of(page));
    arena->put_page(page);
    arena.expect(page_bug::double_free, arena.frame_of(page));
}

TEST(page_report, double_free_of_a_page_inside_a_free_block) {
    watched_arena arena;
    page* const pair = arena.get(1);
    arena->split_page(pair, 1);
    arena->free_pages(pair, 0);
    arena->free_pages(pair + 1, 0);  // both merge, and with all that is free
    EXPECT_FALSE(pair[1].flags & page_flags::marks);
    arena->free_pages(pair + 1, 0);
    arena.expect(page_bug::double_free, arena.frame_of(pair + 1));
}

TEST(page_report, free_of_a_page_that_was_never_released) {
    page_arena arena({.released = false});
    arena->release({pfn(64), pfn(TEST_PAGES)});
    arena->free_pages(arena.at(5), 0);
    EXPECT_EQ(heard.count, 1u);
    EXPECT_EQ(heard.bug, page_bug::reserved);
    EXPECT_EQ(heard.frame, 5u);
    arena->check_invariants();
    arena->put_page(arena.at(5));
    EXPECT_EQ(heard.count, 2u);
    EXPECT_EQ(page_count(*arena.at(5)), 1);
    arena->check_invariants();
    EXPECT_EQ(arena->free_pages_count(), TEST_PAGES - 64);
}

TEST(page_report, free_inside_a_block_in_use) {
    watched_arena arena;
    page* const head = arena.get(3);
    for (const u32 inside : {1u, 4u, 7u}) {
        arena->free_pages(head + inside, 0);
        arena.expect(page_bug::inside_block, arena.frame_of(head) + inside);
    }
    arena->free_pages(head, 3);
    arena.expect_sane();
    EXPECT_EQ(arena->pages_in_use(), 0u);
}

TEST(page_report, free_with_the_wrong_order) {
    watched_arena arena;
    page* const head = arena.get(3);
    for (const unsigned wrong : {0u, 2u, 4u, 10u, 11u, 19u}) {
        arena->free_pages(head, wrong);
        arena.expect(page_bug::wrong_order, arena.frame_of(head), wrong);
    }
    arena->free_pages(head, 3);
    arena.expect_sane();
    EXPECT_EQ(arena->pages_in_use(), 0u);
}

TEST(page_report, free_of_a_page_still_in_use) {
    for (const page_flag flag : {PG_locked, PG_lru, PG_active, PG_slab, PG_writeback,
                                 PG_swapcache, PG_unevictable, PG_mlocked, PG_private}) {
        watched_arena arena;
        page* const page = arena.get();
        page->flags = page->flags | page_flags::bit(flag);
        arena->free_pages(page, 0);
        arena.expect(page_bug::still_in_use, arena.frame_of(page));
        page->flags = page->flags & ~page_flags::bit(flag);
        arena->free_pages(page, 0);
        arena.expect_sane();
        EXPECT_EQ(arena->pages_in_use(), 0u);
    }
}

TEST(page_report, flags_that_are_forgotten_at_free) {
    watched_arena arena;
    page* const page = arena.get();
    for (const page_flag flag : {PG_referenced, PG_uptodate, PG_dirty})
        page->flags = page->flags | page_flags::bit(flag);
    arena->free_pages(page, 0);
    EXPECT_EQ(heard.count, 0u);
    arena.expect_sane();
    EXPECT_EQ(arena->pages_in_use(), 0u);
}

TEST(page_report, free_of_a_page_still_mapped) {
    watched_arena arena;
    page* const mapped = arena.get();
    mapped->_mapcount.store(0);
    arena->free_pages(mapped, 0);
    arena.expect(page_bug::still_mapped, arena.frame_of(mapped));
    page* const cached = arena.get(2);
    cached->mapping = reinterpret_cast<address_space*>(cached);
    arena->free_pages(cached, 2);
    arena.expect(page_bug::still_mapped, arena.frame_of(cached), 2);
    EXPECT_EQ(arena->pages_in_use(), 5u);
    mapped->_mapcount.store(-1);
    cached->mapping = nullptr;
    arena->free_pages(mapped, 0);
    arena->free_pages(cached, 2);
    arena.expect_sane();
    EXPECT_EQ(arena->pages_in_use(), 0u);
}

TEST(page_report, reference_count_underflow) {
    watched_arena arena;
    for (const s32 count : {0, -1, -1000}) {
        page* const page = arena.get();
        page->_refcount.store(count);  // somebody dropped more than it had
        arena->free_pages(page, 0);
        arena.expect(page_bug::refcount_underflow, arena.frame_of(page));
        EXPECT_EQ(page_count(*page), 1);  // lost, and given to nobody else
    }
    EXPECT_EQ(arena->pages_in_use(), 3u);
}

TEST(page_report, free_of_what_is_no_page) {
    watched_arena arena;
    for (page* const nowhere : {arena.map() + TEST_PAGES, static_cast<page*>(nullptr)}) {
        arena->free_pages(nowhere, 0);
        EXPECT_EQ(heard.count, 1u);
        EXPECT_EQ(heard.bug, page_bug::outside);
        heard = {};
        arena->put_page(nowhere);
        EXPECT_EQ(heard.count, 1u);
        EXPECT_EQ(heard.bug, page_bug::outside);
        heard = {};
        arena->free_contig_pages(nowhere, 3);
        EXPECT_EQ(heard.count, 1u);
        EXPECT_EQ(heard.bug, page_bug::outside);
        heard = {};
        arena.expect_sane();
    }
}

TEST(page_report, a_mark_that_was_overwritten_while_free) {
    for (const u32 bits : {page_flags::bit(PG_dirty), page_flags::bit(PG_allocated),
                           page_flags::order(1), page_flags::zone(ZONE_HIGHMEM)}) {
        watched_arena arena;
        arena.normal().set_pcp_limits(64, 4);
        page* const page = arena.get();
        arena->free_pages(page, 0);
        page->flags = page->flags ^ bits;
        struct page* const other = arena.get();
        ASSERT_TRUE(other);
        EXPECT_NE(other, page);  // the allocator goes on without it
        arena.expect(page_bug::clobbered, arena.frame_of(page));
        EXPECT_EQ(arena->pages_in_use(), 2u);
    }
}

TEST(page_report, each_reference_is_dropped_once) {
    watched_arena arena;
    page* const head = arena.get(2);
    get_page(*head);
    arena->put_page(head);
    EXPECT_EQ(arena->pages_in_use(), 4u);
    arena->free_pages(head, 2);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    EXPECT_EQ(heard.count, 0u);
    arena.expect_sane();
}

TEST(page_report, every_bug_has_a_name_of_its_own) {
    constexpr unsigned last = static_cast<unsigned>(page_bug::wrong_count);
    for (unsigned a = 0; a <= last; ++a)
        for (unsigned b = 0; b < a; ++b)
            EXPECT_FALSE(test_detail::strings_equal(page_bug_name(page_bug(a)),
                                                    page_bug_name(page_bug(b))));
}
