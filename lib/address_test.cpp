#include "lib/address.hpp"

#include <test.hpp>

namespace {

using number_range = range<user_addr>;

constexpr number_range r(u32 start, u32 end) { return {user_addr(start), user_addr(end)}; }

}  // namespace

static_assert(!std::is_convertible_v<u32, user_addr>);
static_assert(!std::is_convertible_v<user_addr, u32>);
static_assert(!std::is_convertible_v<phys_addr, virt_addr>);
static_assert(!std::is_constructible_v<virt_addr, phys_addr>);
static_assert(!std::is_constructible_v<pfn, phys_addr>);
static_assert(sizeof(user_addr) == 4 && sizeof(pfn) == 4);

TEST(address, counts_and_compares) {
    user_addr a(0x1000);
    EXPECT_EQ((a + 0x234).raw(), 0x1234u);
    EXPECT_EQ((a - 1).raw(), 0xfffu);
    EXPECT_EQ(user_addr(0x3000) - a, 0x2000u);
    a += 0x10;
    a -= 0x8;
    EXPECT_EQ(a, user_addr(0x1008));
    EXPECT_LT(a, user_addr(0x1009));
    EXPECT_GE(a, user_addr(0x1008));
    EXPECT_EQ(a.page_offset(), 8u);
}

TEST(address, aligns_and_wraps_at_its_own_width) {
    EXPECT_EQ(user_addr(0x1fff).align_down(PAGE_SIZE), user_addr(0x1000));
    EXPECT_EQ(user_addr(0x1001).align_up(PAGE_SIZE), user_addr(0x2000));
    EXPECT_EQ(user_addr(0x1000).align_up(PAGE_SIZE), user_addr(0x1000));
    EXPECT_EQ(user_addr(0).align_down(PAGE_SIZE), user_addr(0));
    EXPECT_EQ(user_addr(0xfffff001).align_up(PAGE_SIZE), user_addr(0));
    EXPECT_EQ(user_addr(0xffffffff) + 2, user_addr(1));
    EXPECT_TRUE(user_addr(0x2000).is_aligned(PAGE_SIZE));
    EXPECT_FALSE(user_addr(0x2004).is_aligned(8));
}

TEST(address, keeps_64_bits_where_it_has_them) {
    using wide_addr = address<struct wide_tag, u64>;
    EXPECT_EQ(wide_addr(0x1fffffffff).align_down(PAGE_SIZE).raw(), 0x1ffffff000u);
    EXPECT_EQ(wide_addr(0xfffffffff).align_up(PAGE_SIZE).raw(), 0x1000000000u);
    EXPECT_EQ(wide_addr(~u64{0}).align_up(PAGE_SIZE).raw(), 0u);
    EXPECT_EQ(wide_addr(0x100000fff).page_offset(), 0xfffu);
    EXPECT_EQ(wide_addr(u64{1} << 36) - wide_addr(1), (u64{1} << 36) - 1);
    EXPECT_EQ(align_down(u64{0x123456789abcdef}, u32{0x1000}), 0x123456789abc000u);
    EXPECT_EQ(align_up(u64{0xffffffff1}, u32{0x10}), 0x1000000000u);
    EXPECT_TRUE(is_aligned(u64{1} << 40, u64{1} << 40));
    EXPECT_FALSE(is_aligned((u64{1} << 40) + (u64{1} << 33), u64{1} << 40));
}

TEST(address, page_frames_and_addresses_convert) {
    EXPECT_EQ(phys_to_pfn(phys_addr(0x12345fff)), pfn(0x12345));
    EXPECT_EQ(pfn(0x12345).address(), phys_addr(0x12345000));
    EXPECT_EQ(pfn(5) + 3u, pfn(8));
    EXPECT_EQ(pfn(5) - 3u, pfn(2));
    EXPECT_EQ(pfn(5) - pfn(3), 2u);
    pfn frame(0xfffff);
    ++frame;
    frame += 2;
    EXPECT_EQ(frame.raw(), 0x100002u);
    if (sizeof(phys_raw) == 8) {
        EXPECT_EQ(u64{frame.address().raw()}, 0x100002000u);
        EXPECT_EQ(phys_to_pfn(frame.address()), frame);
    }
}

TEST(range, is_half_open) {
    EXPECT_TRUE(r(10, 20).contains(user_addr(10)));
    EXPECT_TRUE(r(10, 20).contains(user_addr(19)));
    EXPECT_FALSE(r(10, 20).contains(user_addr(20)));
    EXPECT_FALSE(r(10, 20).contains(user_addr(9)));
    EXPECT_EQ(r(10, 20).size(), 10u);
    EXPECT_FALSE(r(10, 11).empty());
}

TEST(range, may_be_empty_and_then_holds_nothing) {
    for (const number_range none : {r(10, 10), r(20, 10), r(0, 0)}) {
        EXPECT_TRUE(none.empty());
        EXPECT_EQ(none.size(), 0u);
        EXPECT_FALSE(none.contains(user_addr(10)));
        EXPECT_FALSE(none.contains(user_addr(15)));
        EXPECT_FALSE(none.contains(r(10, 11)));
        EXPECT_TRUE(none.contains(r(15, 15)));
        EXPECT_FALSE(none.intersects(r(0, 100)));
        EXPECT_FALSE(r(0, 100).intersects(none));
        EXPECT_TRUE(r(0, 5).contains(none));
        EXPECT_TRUE(r(0, 100).intersection(none) == number_range{});
    }
}

TEST(range, contains_ranges) {
    EXPECT_TRUE(r(10, 20).contains(r(10, 20)));
    EXPECT_TRUE(r(10, 20).contains(r(12, 15)));
    EXPECT_FALSE(r(10, 20).contains(r(9, 15)));
    EXPECT_FALSE(r(10, 20).contains(r(15, 21)));
    EXPECT_FALSE(r(10, 20).contains(r(30, 40)));
}

TEST(range, intersects_where_a_point_is_shared) {
    EXPECT_TRUE(r(10, 20).intersects(r(19, 30)));
    EXPECT_TRUE(r(10, 20).intersects(r(0, 11)));
    EXPECT_TRUE(r(10, 20).intersects(r(0, 100)));
    EXPECT_TRUE(r(10, 20).intersects(r(14, 15)));
    EXPECT_FALSE(r(10, 20).intersects(r(20, 30)));
    EXPECT_FALSE(r(10, 20).intersects(r(0, 10)));
    EXPECT_TRUE(r(10, 20).intersection(r(15, 30)) == r(15, 20));
    EXPECT_TRUE(r(10, 20).intersection(r(0, 15)) == r(10, 15));
    EXPECT_TRUE(r(10, 20).intersection(r(12, 13)) == r(12, 13));
    EXPECT_TRUE(r(10, 20).intersection(r(20, 30)) == number_range{});
}

TEST(range, reaches_up_to_the_last_byte_but_one) {
    const number_range top = r(0xfffff000, 0xffffffff);
    EXPECT_TRUE(top.contains(user_addr(0xfffffffe)));
    EXPECT_FALSE(top.contains(user_addr(0xffffffff)));
    EXPECT_EQ(top.size(), 0xfffu);
    const pfn_range frames{pfn(0x100), pfn(0x1000000)};
    EXPECT_EQ(frames.size(), 0xffff00u);
}
