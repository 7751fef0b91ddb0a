// For tests of what uses a vmalloc space: one of their own, over the test arena's pages and
// simulated page tables. At its end all must be free.
#pragma once

#include "mm/map/vmap_fixture.hpp"
#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace vmalloc_fixture {

inline constexpr u32 start = 0xE0000000;
inline constexpr u32 window_pages = 1536;  // 6 MiB: more than one table of either format
inline constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;
inline constexpr page_rights rights{.write = true, .global = true};

// Too large for the stack.
template <class Format>
struct parts {
    page_arena arena;
    simulated_tables<Format> tables{*arena};
    vmalloc_space space;
};

template <class Format>
class fixture {
public:
    [[gnu::noinline]] explicit fixture(u32 lazy_max = 100000, u32 pages = window_pages)
        : in_(*new (alloc_pages_exact(sizeof(parts<Format>), GFP_KERNEL)) parts<Format>) {
        in_.arena->start();
        ready = in_.space.init({.start = start,
                                .end = start + (pages << PAGE_SHIFT),
                                .tables = &in_.tables,
                                .pages = &*in_.arena,
                                .lazy_max_pages = lazy_max});
    }
    [[gnu::noinline]] ~fixture() {
        EXPECT_TRUE(in_.space.destroy());
        EXPECT_EQ(in_.arena->pages_in_use(), 0u);
        EXPECT_EQ(heard.count, 0u);
        in_.~parts<Format>();
        free_pages_exact(&in_, sizeof(parts<Format>));
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    vmalloc_space* operator->() { return &in_.space; }
    vmalloc_space& operator*() { return in_.space; }
    simulated_tables<Format>& tables() { return in_.tables; }
    page_allocator& pages() { return *in_.arena; }

    [[gnu::noinline]] u32 alloc(u32 pages, u32 align = PAGE_SIZE) {
        return in_.space.alloc(pages << PAGE_SHIFT, align, quiet, rights, 0x1234);
    }
    [[gnu::noinline]] void free(u32 address) { in_.space.free(address, VM_ALLOC, "vfree"); }
    // Each page of the area mapped to a frame of its own; behind it the guard is not.
    [[gnu::noinline]] void expect_mapped(u32 address, u32 pages) {
        for (u32 i = 0; i < pages; ++i) {
            page* const page = in_.space.page_of(address + (i << PAGE_SHIFT));
            ASSERT_TRUE(page);
            EXPECT_TRUE(page_test(*page, PG_allocated));
            EXPECT_EQ(page->private_, 0u);
            page->private_ = address + i;
        }
        for (u32 i = 0; i < pages; ++i)
            in_.space.page_of(address + (i << PAGE_SHIFT))->private_ = 0;
        EXPECT_FALSE(in_.space.frame_of(address + (pages << PAGE_SHIFT)).has_value());
    }
    bool ready;

private:
    parts<Format>& in_;
};

inline u32 page_address_in(u32 number) { return start + (number << PAGE_SHIFT); }

}  // namespace vmalloc_fixture
