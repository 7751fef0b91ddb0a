// What is seen of pages where only a host can arrange for it: owners of pages, which
// need DEBUG=1, and a machine without memory.
#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "mm/phys/page_print.hpp"
#include "host-tests/mm/simulated_memory.hpp"

#include <test.hpp>

TEST(page_print_owner, tells_who_took_a_page_and_who_freed_it) {
    simulated_memory memory({.frames = 4096});
    page* const head = memory->alloc_pages(GFP_KERNEL, 1);
    text_buffer<1000> out;
    // The second page of the block has the same owner.
    const pfn second = memory->frame_of(head) + 1;
    print_page(out, *memory, second);
    EXPECT_NE(out.view().find("\nallocated  by 0x"), std::string_view::npos);
    EXPECT_EQ(out.view().find("freed "), std::string_view::npos);
    memory->free_pages(head, 1);
    out.clear();
    print_page(out, *memory, second);
    EXPECT_NE(out.view().find("\nallocated  by 0x"), std::string_view::npos);
    EXPECT_NE(out.view().find("\nfreed      by 0x"), std::string_view::npos);
}

TEST(demo_buddy, says_what_it_lacks_where_there_is_no_memory) {
    for (const demonstration* demo : registered<demonstration>()) {
        if (std::string_view(demo->name) != "buddy") continue;
        text_buffer<200> out;
        EXPECT_EQ(demo->run(out), ENOMEM);
        EXPECT_TRUE(out.view().starts_with("demo buddy: there are no "));
        EXPECT_TRUE(out.view().ends_with(" of memory in one piece\n"));
        return;
    }
    FAIL() << "there is no such demonstration";
}
