#include "mm/phys/gfp.hpp"

#include <test.hpp>

namespace {

struct zone_row {
    gfp_t mask;
    zone_type zone;
    migrate_type type;
};

constexpr zone_row where[] = {
    {GFP_KERNEL, ZONE_NORMAL, MIGRATE_UNMOVABLE},
    {GFP_ATOMIC, ZONE_NORMAL, MIGRATE_UNMOVABLE},
    {GFP_NOWAIT, ZONE_NORMAL, MIGRATE_UNMOVABLE},
    {GFP_NOIO, ZONE_NORMAL, MIGRATE_UNMOVABLE},
    {GFP_NOFS, ZONE_NORMAL, MIGRATE_UNMOVABLE},
    {GFP_USER, ZONE_NORMAL, MIGRATE_UNMOVABLE},
    {GFP_DMA, ZONE_DMA, MIGRATE_UNMOVABLE},
    {GFP_KERNEL | GFP_DMA, ZONE_DMA, MIGRATE_UNMOVABLE},
    {GFP_HIGHUSER, ZONE_HIGHMEM, MIGRATE_UNMOVABLE},
    {GFP_HIGHUSER_MOVABLE, ZONE_HIGHMEM, MIGRATE_MOVABLE},
    {GFP_HIGHUSER | __GFP_DMA, ZONE_DMA, MIGRATE_UNMOVABLE},
    {GFP_KERNEL | __GFP_RECLAIMABLE, ZONE_NORMAL, MIGRATE_RECLAIMABLE},
    {GFP_KERNEL | __GFP_MOVABLE, ZONE_NORMAL, MIGRATE_MOVABLE},
    {GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE, ZONE_NORMAL, MIGRATE_UNMOVABLE},
};

constexpr u32 unlimited = gfp_plan::no_limit;
constexpr reserve_use none = reserve_use::none, half = reserve_use::half,
                      deeper = reserve_use::deeper, all = reserve_use::all;

struct plan_row {
    const char* what;
    gfp_t mask;
    unsigned order;
    bool reclaiming;
    gfp_plan plan;  // wake, reclaim, io, fs, reserve, high-atomic, retries, no fail, warn
};

constexpr gfp_plan usual{true, true, true, true, none, false, 16, false, true};

constexpr gfp_plan waits_never(reserve_use reserve, bool use_highatomic = false) {
    return {true, false, false, false, reserve, use_highatomic, 0, false, true};
}
constexpr gfp_plan with(gfp_plan plan, auto change) {
    change(plan);
    return plan;
}
constexpr gfp_plan retries(u32 count) {
    return with(usual, [=](gfp_plan& plan) { plan.most_retries = count; });
}
constexpr gfp_plan never_fails =
    with(retries(unlimited), [](gfp_plan& plan) { plan.must_not_fail = true; });

constexpr plan_row plans[] = {
    {"kernel", GFP_KERNEL, 0, false, usual},
    {"kernel, the last cheap order", GFP_KERNEL, 3, false, usual},
    {"kernel, the first costly order", GFP_KERNEL, 4, false, retries(0)},
    {"user", GFP_USER, 0, false, usual},
    {"user, high", GFP_HIGHUSER, 0, false, usual},
    {"user, high and movable", GFP_HIGHUSER_MOVABLE, 0, false, usual},
    {"no fs", GFP_NOFS, 0, false, {true, true, true, false, none, false, 16, false, true}},
    {"no io", GFP_NOIO, 0, false, {true, true, false, false, none, false, 16, false, true}},
    {"atomic", GFP_ATOMIC, 0, false, waits_never(deeper)},
    {"atomic, two", GFP_ATOMIC, 1, false, waits_never(deeper, true)},
    {"nowait", GFP_NOWAIT, 2, false, waits_never(none)},
    {"dma", GFP_DMA, 0, false, {false, false, false, false, none, false, 0, false, true}},
    {"high", GFP_KERNEL | __GFP_HIGH, 1, false,
     {true, true, true, true, half, false, 16, false, true}},
    {"memalloc", GFP_KERNEL | __GFP_MEMALLOC, 0, false, waits_never(all)},
    {"nomemalloc wins", GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC, 0, false, usual},
    {"nomemalloc, atomic", GFP_ATOMIC | __GFP_NOMEMALLOC, 1, false, waits_never(none)},
    {"in reclaim", GFP_KERNEL, 0, true,
     {false, false, false, false, all, false, 0, false, true}},
    {"in reclaim, no reserve", GFP_KERNEL | __GFP_NOMEMALLOC, 0, true,
     {false, false, false, false, none, false, 0, false, true}},
    {"noretry", GFP_KERNEL | __GFP_NORETRY, 0, false, retries(0)},
    {"retry", GFP_KERNEL | __GFP_RETRY_MAYFAIL, 0, false, retries(unlimited)},
    {"retry, costly", GFP_KERNEL | __GFP_RETRY_MAYFAIL, 9, false, retries(unlimited)},
    {"nofail", GFP_KERNEL | __GFP_NOFAIL, 0, false, never_fails},
    {"nofail wins over noretry", GFP_KERNEL | __GFP_NOFAIL | __GFP_NORETRY, 0, false,
     never_fails},
    {"nofail must be able to wait", GFP_NOWAIT | __GFP_NOFAIL, 0, false, waits_never(none)},
    {"nowarn", GFP_KERNEL | __GFP_NOWARN, 0, false,
     with(usual, [](gfp_plan& plan) { plan.warn = false; })},
    {"zero changes nothing", GFP_KERNEL | __GFP_ZERO, 0, false, usual},
};

template <class T>
bool reads(const T& value, std::string_view expected) {
    text_buffer<160> text;
    format_to(text, "{}", value);
    EXPECT_EQ(text.view(), expected);
    return text.view() == expected;
}

}  // namespace

TEST(gfp, zone_and_migrate_type_row_by_row) {
    for (const zone_row& row : where) {
        EXPECT_EQ(gfp_zone(row.mask), row.zone);
        EXPECT_EQ(gfp_migrate_type(row.mask), row.type);
    }
}

TEST(gfp, plan_row_by_row) {
    for (const plan_row& row : plans) {
        const gfp_plan plan = plan_allocation(row.mask, row.order, row.reclaiming);
        if (plan == row.plan) continue;
        EXPECT_STREQ(row.what, "as the table says");
        EXPECT_EQ(plan.wake_reclaimer, row.plan.wake_reclaimer);
        EXPECT_EQ(plan.reclaim, row.plan.reclaim);
        EXPECT_EQ(plan.may_start_io, row.plan.may_start_io);
        EXPECT_EQ(plan.may_enter_fs, row.plan.may_enter_fs);
        EXPECT_EQ(plan.reserve, row.plan.reserve);
        EXPECT_EQ(plan.use_highatomic, row.plan.use_highatomic);
        EXPECT_EQ(plan.most_retries, row.plan.most_retries);
        EXPECT_EQ(plan.must_not_fail, row.plan.must_not_fail);
        EXPECT_EQ(plan.warn, row.plan.warn);
    }
}

TEST(gfp, waits_when_it_may_reclaim_itself) {
    EXPECT_TRUE(gfp_may_wait(GFP_KERNEL));
    EXPECT_TRUE(gfp_may_wait(GFP_NOIO));
    EXPECT_FALSE(gfp_may_wait(GFP_ATOMIC));
    EXPECT_FALSE(gfp_may_wait(GFP_NOWAIT));
    EXPECT_FALSE(gfp_may_wait(GFP_DMA));
}

TEST(gfp, what_must_remain_below_min) {
    EXPECT_EQ(mark_below_min(1000, none), 1000u);
    EXPECT_EQ(mark_below_min(1000, half), 500u);
    EXPECT_EQ(mark_below_min(1000, deeper), 375u);
    EXPECT_EQ(mark_below_min(1000, all), 0u);
    // Each part is rounded down before it is taken away, so an odd page remains.
    EXPECT_EQ(mark_below_min(7, half), 4u);
    EXPECT_EQ(mark_below_min(7, deeper), 3u);
    EXPECT_EQ(mark_below_min(1, deeper), 1u);
    EXPECT_EQ(mark_below_min(0, half), 0u);
}

TEST(gfp, values_are_linuxs) {
    EXPECT_EQ(u32(GFP_KERNEL), 0xcc0u);
    EXPECT_EQ(u32(GFP_ATOMIC), 0xa20u);
    EXPECT_EQ(u32(GFP_NOWAIT), 0x800u);
    EXPECT_EQ(u32(GFP_NOIO), 0xc00u);
    EXPECT_EQ(u32(GFP_NOFS), 0xc40u);
    EXPECT_EQ(u32(GFP_USER), 0x100cc0u);
    EXPECT_EQ(u32(GFP_HIGHUSER), 0x100cc2u);
    EXPECT_EQ(u32(GFP_HIGHUSER_MOVABLE), 0x100ccau);
}

TEST(gfp, masks_in_words) {
    reads(GFP_KERNEL, "GFP_KERNEL");
    reads(GFP_ATOMIC, "GFP_ATOMIC");
    reads(GFP_NOWAIT, "GFP_NOWAIT");
    reads(GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE");
    reads(GFP_HIGHUSER, "GFP_HIGHUSER");
    reads(GFP_DMA, "GFP_DMA");
    reads(GFP_KERNEL | __GFP_ZERO, "GFP_KERNEL|__GFP_ZERO");
    reads(GFP_KERNEL | __GFP_DMA, "GFP_KERNEL|__GFP_DMA");
    reads(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO, "GFP_ATOMIC|__GFP_ZERO|__GFP_NOWARN");
    reads(__GFP_HIGH, "__GFP_HIGH");
    reads(gfp_t{0}, "0");
    reads(gfp_t{0x80000000}, "0x80000000");
    reads(GFP_NOWAIT | gfp_t{0x40000000}, "GFP_NOWAIT|0x40000000");
}

TEST(gfp, the_table_has_each_flag_once_with_its_effect) {
    u32 seen = 0;
    for (const gfp_flag& flag : gfp_flag_table()) {
        EXPECT_TRUE(std::has_single_bit(u32(flag.bits)));
        EXPECT_EQ(seen & u32(flag.bits), 0u);
        EXPECT_NE(*flag.effect, '\0');
        seen |= u32(flag.bits);
    }
    u32 in_masks = 0;
    for (const gfp_flag& mask : gfp_mask_table()) {
        in_masks |= u32(mask.bits);
        reads(mask.bits, mask.name);
    }
    EXPECT_EQ(in_masks & ~seen, 0u);
}
