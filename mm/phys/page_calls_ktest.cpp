// The kernel's calls (B7) on the kernel's own pages: addresses, and what lies there.
#include "mm/phys/page_alloc.hpp"

#include <test.hpp>

namespace {

bool all_bytes_are(const page* head, u32 pages, u8 byte) {
    return !kernel_frame_memory().find_other(page_to_pfn(head), pages, byte);
}
void fill(const page* head, u32 pages, u8 byte) {
    kernel_frame_memory().fill(page_to_pfn(head), pages, byte);
}

}  // namespace

TEST(page_calls, an_address_is_that_of_the_block) {
    for (unsigned order = 0; order < 6; ++order) {
        void* const address = __get_free_pages(GFP_KERNEL, order);
        ASSERT_TRUE(address);
        const page* const head = virt_to_page(address);
        EXPECT_EQ(page_order(*head), order);
        EXPECT_EQ(page_count(*head), 1);
        EXPECT_EQ(lowmem_page_address(head), address);
        EXPECT_TRUE(page_to_phys(head) == virt_to_phys(address));
        free_pages(address, order);
        EXPECT_EQ(page_count(*head), 0);
    }
    free_page(nullptr);
}

TEST(page_calls, get_zeroed_page_is_zeroed) {
    void* const dirty = __get_free_page(GFP_KERNEL);
    ASSERT_TRUE(dirty);
    fill(virt_to_page(dirty), 1, 0x5a);
    free_page(dirty);
    void* const zeroed = get_zeroed_page(GFP_KERNEL);
    EXPECT_EQ(zeroed, dirty);  // what was freed last
    EXPECT_TRUE(all_bytes_are(virt_to_page(zeroed), 1, 0));
    free_page(zeroed);
}

// Of HighMem, where the machine has it.
// Dirty pages come back clean. Mostly the next page is the one that was freed last; of a
// small zone it may be one of the others, so pages are asked for until a dirty one is met.
TEST(page_calls, pages_of_users_are_zeroed_wherever_they_lie) {
    constexpr u32 several = 8, most = 256;
    for (const unsigned order : {0u, 2u}) {
        page* dirty[several];
        for (page*& head : dirty) {
            ASSERT_TRUE(head = alloc_pages(GFP_HIGHUSER, order));
            fill(head, 1u << order, 0x5a);
            EXPECT_TRUE(all_bytes_are(head, 1u << order, 0x5a));
        }
        for (page* const head : dirty) __free_pages(head, order);
        page_list zeroed;
        bool was_dirty = false;
        for (u32 tried = 0; tried < most && !was_dirty; ++tried) {
            page* const head = alloc_pages(GFP_HIGHUSER | __GFP_ZERO | __GFP_NOWARN, order);
            if (!head) break;
            EXPECT_TRUE(all_bytes_are(head, 1u << order, 0));
            for (const page* const other : dirty) was_dirty |= other == head;
            zeroed.push_back(*head);
        }
        EXPECT_TRUE(was_dirty);
        while (page* const head = zeroed.pop_front()) {
            get_page(*head);
            put_page(head);
            EXPECT_EQ(page_count(*head), 1);
            put_page(head);
        }
    }
}
