// What `demo tlb` claims.
#include "mm/map/tlb_demo.hpp"

#include "lib/demo.hpp"

#include <test.hpp>

using size = demo_tlb::size;
using kind = demo_tlb::kind;

TEST(tlb_demo, a_page_is_found_again) {
    demo_tlb tlb;
    EXPECT_FALSE(tlb.access(0xf8800000, size::small, kind::global));
    EXPECT_TRUE(tlb.access(0xf8800ffc, size::small, kind::global));
    EXPECT_FALSE(tlb.access(0xf8801000, size::small, kind::global));
    EXPECT_FALSE(tlb.access(0xc0000000, size::large, kind::global));
    EXPECT_TRUE(tlb.access(0xc01ff000, size::large, kind::global));
    EXPECT_FALSE(tlb.access(0xc0200000, size::large, kind::global));
}

TEST(tlb_demo, the_least_recently_used_of_a_set_goes) {
    demo_tlb tlb;
    constexpr u32 next = demo_tlb::sets << demo_tlb::small_shift;  // of the same set
    for (u32 i = 0; i < demo_tlb::ways; ++i)
        EXPECT_FALSE(tlb.access(0xf8800000 + i * next, size::small, kind::global));
    EXPECT_TRUE(tlb.access(0xf8800000, size::small, kind::global));
    EXPECT_FALSE(tlb.access(0xf8800000 + demo_tlb::ways * next, size::small, kind::global));
    EXPECT_TRUE(tlb.access(0xf8800000, size::small, kind::global));
    EXPECT_FALSE(tlb.access(0xf8800000 + next, size::small, kind::global));
}

TEST(tlb_demo, global_pages_survive_cr3) {
    demo_tlb tlb;
    for (const size size : {size::small, size::large}) {
        tlb.access(0xc0000000, size, kind::global);
        tlb.access(0xc0200000, size, kind::local);
    }
    tlb.load_cr3();
    for (const size size : {size::small, size::large}) {
        EXPECT_TRUE(tlb.access(0xc0000000, size, kind::global));
        EXPECT_FALSE(tlb.access(0xc0200000, size, kind::local));
    }
}

TEST(tlb_demo, shows_rows_of_eighty_columns) {
    static text_buffer<3000> out;
    out.clear();
    for (const demonstration* demo : registered<demonstration>())
        if (std::string_view(demo->name) == "tlb") { EXPECT_EQ(demo->run(out), 0); }
    EXPECT_FALSE(out.truncated());
    u32 column = 0;
    for (const char c : out.view()) {
        column = c == '\n' ? 0 : column + 1;
        EXPECT_LE(column, 80u);
    }
    // What it is there to show, in order.
    std::string_view rest = out.view();
    for (const char* const figures :
         {"1024   1022       2\n", "1024   1024       0\n", "48      0      48\n",
          "48     48       0\n", "256      0     256\n", "256      0     256\n",
          "1024   1024       0\n", "48     48       0\n", "1024   1022       2\n",
          "48      0      48\n"}) {
        const size_t at = rest.find(figures);
        EXPECT_NE(at, std::string_view::npos);
        if (at == std::string_view::npos) return;
        rest.remove_prefix(at + 1);
    }
}
