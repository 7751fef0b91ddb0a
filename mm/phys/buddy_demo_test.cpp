// The lists after each case, and what is said of it.
#include "mm/phys/buddy_demo.hpp"

#include "mm/phys/page_fixture.hpp"

#include <test.hpp>

namespace {

using page_fixture::output;

buddy_demo& fresh_demo() {
    output().clear();
    return in_scratch<buddy_demo>();
}

// The free blocks of an order, each by its first frame; `none` where there is none.
constexpr u32 none = ~0u;
u32 only_block(const buddy_demo& demo, unsigned order) {
    const free_area& area = demo.its_zone().area(order);
    u32 frame = none;
    for (const page& head : area.free_list[MIGRATE_MOVABLE])
        frame = static_cast<u32>(&head - &demo.frame(0));
    EXPECT_EQ(area.nr_free, frame == none ? 0u : 1u);
    return frame;
}

// One block at most of 256, 512 and 1024 pages, and no smaller ones.
void expect_lists(const buddy_demo& demo, u32 of_256, u32 of_512, u32 of_1024) {
    for (unsigned order = 0; order < 8; ++order) EXPECT_EQ(only_block(demo, order), none);
    EXPECT_EQ(only_block(demo, 8), of_256);
    EXPECT_EQ(only_block(demo, 9), of_512);
    EXPECT_EQ(only_block(demo, 10), of_1024);
    demo.its_zone().check_invariants();
}

}  // namespace

TEST(buddy_demo, takes_a_block_of_256_where_there_is_one) {
    buddy_demo& demo = fresh_demo();
    expect_lists(demo, 0, 512, none);
    demo.case_256_is_free(output());
    expect_lists(demo, none, 512, none);
}

TEST(buddy_demo, gives_256_back_where_only_512_are_free) {
    buddy_demo& demo = fresh_demo();
    demo.case_256_is_free(output());
    demo.case_only_512(output());
    expect_lists(demo, 768, none, none);
}

TEST(buddy_demo, gives_512_and_256_back_where_only_1024_are_free) {
    buddy_demo& demo = fresh_demo();
    demo.case_256_is_free(output());
    demo.case_only_512(output());
    demo.give_back_after_two(output());
    expect_lists(demo, none, none, 0);
    demo.case_only_1024(output());
    expect_lists(demo, 256, 512, none);
    demo.give_back_after_three(output());
    expect_lists(demo, none, none, 0);
    EXPECT_EQ(demo.its_zone().free_pages(), 1024u);
}

TEST(buddy_demo, says_what_it_does) {
    fresh_demo().run(output());
    EXPECT_FALSE(output().truncated());
    EXPECT_EQ(output().view(), std::string_view(
        "A zone of frames 0 to 1023; 256 to 511 are in use. Free blocks are told by\n"
        "size and first frame.\n"
        "\n"
        "1: 256 pages are wanted, and a block of 256 is free\n"
        "  before    256: 0        512: 512      1024: -\n"
        "    the smallest block that will do: 256 pages at 0\n"
        "    taken: 256 pages at 0\n"
        "  after     256: -        512: 512      1024: -\n"
        "\n"
        "2: 256 pages are wanted, and only a block of 512 is free\n"
        "  before    256: -        512: 512      1024: -\n"
        "    the smallest block that will do: 512 pages at 512\n"
        "    halved: 256 pages at 768 go back\n"
        "    taken: 256 pages at 512\n"
        "  after     256: 768      512: -        1024: -\n"
        "\n"
        "Three blocks come back: the first finds its buddy, the next does not:\n"
        "  before    256: 768      512: -        1024: -\n"
        "    256 pages at 512 come back\n"
        "    buddy: 512 XOR 256 = 768, free: 512 pages at 512\n"
        "    buddy: 512 XOR 512 = 0, not free\n"
        "  after     256: -        512: 512      1024: -\n"
        "  before    256: -        512: 512      1024: -\n"
        "    256 pages at 0 come back\n"
        "    buddy: 0 XOR 256 = 256, not free\n"
        "  after     256: 0        512: 512      1024: -\n"
        "  before    256: 0        512: 512      1024: -\n"
        "    256 pages at 256 come back\n"
        "    buddy: 256 XOR 256 = 0, free: 512 pages at 0\n"
        "    buddy: 0 XOR 512 = 512, free: 1024 pages at 0\n"
        "  after     256: -        512: -        1024: 0\n"
        "\n"
        "3: 256 pages are wanted, and only a block of 1024 is free\n"
        "  before    256: -        512: -        1024: 0\n"
        "    the smallest block that will do: 1024 pages at 0\n"
        "    halved: 512 pages at 512 go back\n"
        "    halved: 256 pages at 256 go back\n"
        "    taken: 256 pages at 0\n"
        "  after     256: 256      512: 512      1024: -\n"
        "\n"
        "It comes back, and all is as it was:\n"
        "  before    256: 256      512: 512      1024: -\n"
        "    256 pages at 0 come back\n"
        "    buddy: 0 XOR 256 = 256, free: 512 pages at 0\n"
        "    buddy: 0 XOR 512 = 512, free: 1024 pages at 0\n"
        "  after     256: -        512: -        1024: 0\n"));
}
