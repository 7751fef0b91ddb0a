// For tests of the reverse mapping: areas by letters, as in the drawing of anon_vma.hpp, and
// pages that were made in them.
//
//     test_area a('a', 100, 4), b('b', a);    pages 100 to 103; b is forked from a
//     page* const p = a.make_page(101);       as a fault in a would
//     EXPECT_EQ(who_may_show(*p).view(), "ab");
//     remove_page(p);
#pragma once

#include "mm/cache/rmap.hpp"
#include "mm/phys/page_alloc.hpp"

struct test_area : rmap_area {
    test_area(char letter, u32 pgoff, u32 pages) : letter(letter) {
        vm_start = pgoff << PAGE_SHIFT;
        vm_end = (pgoff + pages) << PAGE_SHIFT;
        vm_pgoff = pgoff;
    }
    // A copy that is connected to nothing yet.
    test_area(char letter, const test_area& from) : rmap_area(from), letter(letter) {}
    ~test_area() { unlink_anon_vmas(*this); }

    u32 address_of(u32 index) const { return vma_address(*this, index); }
    u32 chain_length() const { return static_cast<u32>(anon_vma_chain.count()); }

    page* make_page(u32 index) {
        page* const page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN);
        if (page) page_add_new_anon_rmap(*page, *this, address_of(index));
        return page;
    }

    char letter;
};

// One page table less shows it, and the reference of that goes.
inline void remove_page(page* page) {
    page_remove_rmap(*page);
    put_page(page);
}

// The letters of the areas that a walk visits, in its order.
inline text_buffer<32> who_may_show(page& page) {
    text_buffer<32> letters;
    rmap_walk(page, [&](rmap_area& area, u32) {
        letters.put(static_cast<test_area&>(area).letter);
    });
    return letters;
}
