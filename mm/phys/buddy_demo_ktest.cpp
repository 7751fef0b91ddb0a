// `demo buddy` on the kernel's own memory, which it gives back.
#include "lib/demo.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/page_fixture.hpp"

#include <test.hpp>

TEST(buddy_demo, gives_its_memory_back) {
    if (the_page_allocator().frames() == 0) SKIP_TEST("the page allocator is not in use");
    text_buffer<4000>& out = page_fixture::output();
    for (const demonstration* demo : registered<demonstration>()) {
        if (std::string_view(demo->name) != "buddy") continue;
        out.clear();
        const u32 before = the_page_allocator().pages_in_use();
        EXPECT_EQ(demo->run(out), 0);
        EXPECT_EQ(the_page_allocator().pages_in_use(), before);
        EXPECT_TRUE(out.view().starts_with("A zone of frames 0 to 1023;"));
        return;
    }
    EXPECT_TRUE(false);  // there is no such demonstration
}
