#include "mm/map/walk.hpp"

#include "arch/i386/paging/pae.hpp"
#include "arch/i386/paging/two_level.hpp"

#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

// Three tables of a page at "physical" addresses 0x1000, 0x2000, 0x3000.
struct three_pages {
    alignas(4096) u8 bytes[3][PAGE_SIZE];

    void* at(u64 address) { return bytes[(address >> PAGE_SHIFT) - 1]; }
    bool reserve(unsigned) { return true; }
    u64 take() { return 0; }
    void release() {}
    void top_changed(unsigned) {}
    void* directory(u64 table) { return at(table); }
    void* map_table(u64 table) { return at(table); }
    void unmap_table(void*) {}
};
three_pages& memory() { return scratch_as<three_pages>(); }

template <class F>
typename F::entry* table(unsigned index) {
    return static_cast<typename F::entry*>(memory().at((index + 1) * u64{PAGE_SIZE}));
}

template <class F>
std::string_view walk(text_buffer<512>& out, u32 address) {
    out.clear();
    const page_table<F, three_pages> tables(reinterpret_cast<pgd_of<F>*>(table<F>(0)), memory());
    walk_printer<F, three_pages>(out, tables).print(address);
    return out.view();
}

void start_anew() { __builtin_memset(memory().bytes, 0, sizeof(memory().bytes)); }

}  // namespace

TEST(walk, tells_three_levels_to_a_page) {
    start_anew();
    table<pae>(0)[3] = pae::table(0x2000, 2);
    table<pae>(1)[1] = pae::table(0x3000, 1);
    table<pae>(2)[2] = pae::leaf(0x1'2345'6000, {.write = true, .no_execute = true}, 0);
    text_buffer<512> out;
    EXPECT_EQ(walk<pae>(out, 0xc0202abc),
              "pgd[3]      0x0000000000002001  table\n"
              "pmd[1]      0x0000000000003007  table write user\n"
              "pte[2]      0x8000000123456003  write no-execute\n"
              "physical    0x0123456abc  frame 0x123456, offset 0xabc\n"
              "3 memory reads for the walk, the pgd's from a copy in the CPU\n");
}

TEST(walk, ends_at_a_large_page) {
    start_anew();
    table<two_level>(0)[769] =
        two_level::with_marks(two_level::leaf(0x400000, {.global = true}, 1), true, false);
    text_buffer<512> out;
    EXPECT_EQ(walk<two_level>(out, 0xc0512345),
              "pgd[769]    0x004001a1  large global accessed\n"
              "physical    0x0000512345  frame 0x512, offset 0x345\n"
              "1 memory read for the walk\n");
}

TEST(walk, says_where_it_breaks_off) {
    start_anew();
    table<two_level>(0)[1] = two_level::table(0x2000, 1);
    table<two_level>(1)[3] = two_level::leaf(0x9000, {.inaccessible = true}, 0);
    table<two_level>(1)[4] = two_level::swapped({.type = 1, .offset = 77});
    text_buffer<512> out;
    EXPECT_EQ(walk<two_level>(out, 0x00000000),
              "pgd[0]      0x00000000  empty\n"
              "physical    none: an access here is a page fault\n"
              "1 memory read for the walk\n");
    EXPECT_EQ(walk<two_level>(out, 0x00403000),
              "pgd[1]      0x00002007  table write user\n"
              "pte[3]      0x00009100  PROT_NONE\n"
              "physical    none: an access here is a page fault\n"
              "2 memory reads for the walk\n");
    EXPECT_EQ(walk<two_level>(out, 0x00404000),
              "pgd[1]      0x00002007  table write user\n"
              "pte[4]      0x00009a42  on a swap device\n"
              "physical    none: an access here is a page fault\n"
              "2 memory reads for the walk\n");
}
