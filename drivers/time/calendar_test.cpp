#include "drivers/time/calendar.hpp"

#include <test.hpp>

namespace {

constexpr u8 bcd_24h = 0x02, binary_24h = 0x06, bcd_12h = 0x00;

constexpr cmos_clock some_evening = {0x33, 0x58, 0x22, 0x21, 0x11, 0x26, 0x20, bcd_24h};

}  // namespace

TEST(calendar, known_moments) {
    EXPECT_EQ(to_unix_seconds({1970, 1, 1, 0, 0, 0}), 0u);
    EXPECT_EQ(to_unix_seconds({2000, 2, 29, 12, 30, 15}), 951827415u);
    EXPECT_EQ(to_unix_seconds({2038, 1, 19, 3, 14, 8}), u64{1} << 31);
    EXPECT_EQ(to_unix_seconds({2106, 2, 7, 6, 28, 16}), u64{1} << 32);
}

TEST(calendar, moments_of_400_years_come_back) {
    constexpr u64 end = u64{146097} * 86400;
    for (u64 seconds = 0; seconds < end; seconds += 20 * 86400 + 3607) {
        const calendar_time time = from_unix_seconds(seconds);
        ASSERT_TRUE(is_valid(time));
        ASSERT_EQ(to_unix_seconds(time), seconds);
    }
    EXPECT_TRUE(from_unix_seconds(end - 1) == (calendar_time{2369, 12, 31, 23, 59, 59}));
    EXPECT_TRUE(from_unix_seconds(end) == (calendar_time{2370, 1, 1, 0, 0, 0}));
}

TEST(calendar, leap_years) {
    EXPECT_TRUE(is_leap_year(2000));
    EXPECT_TRUE(is_leap_year(2024));
    EXPECT_FALSE(is_leap_year(1900));
    EXPECT_FALSE(is_leap_year(2026));
    EXPECT_TRUE(is_valid({2024, 2, 29, 0, 0, 0}));
    EXPECT_FALSE(is_valid({2026, 2, 29, 0, 0, 0}));
}

TEST(calendar, prints_as_date_does) {
    text_buffer<40> out;
    format_to(out, "{}", calendar_time{2026, 11, 21, 10, 8, 3});
    EXPECT_TRUE(out.view() == "Sat Nov 21 10:08:03 UTC 2026");
    out.clear();
    format_to(out, "{}", calendar_time{2000, 2, 1, 0, 0, 0});
    EXPECT_TRUE(out.view() == "Tue Feb  1 00:00:00 UTC 2000");
}

TEST(cmos, decodes_bcd_and_binary) {
    const calendar_time expected{2026, 11, 21, 22, 58, 33};
    auto time = decode_cmos(some_evening);
    ASSERT_TRUE(time);
    EXPECT_TRUE(*time == expected);
    time = decode_cmos({33, 58, 22, 21, 11, 26, 0x20, binary_24h});
    ASSERT_TRUE(time);
    EXPECT_TRUE(*time == expected);
}

TEST(cmos, twelve_hours_run_from_12_to_11) {
    const u8 registers[] = {0x12, 0x01, 0x11, 0x92, 0x81, 0x91};
    const u8 hours[] = {0, 1, 11, 12, 13, 23};
    for (u32 i = 0; i < 6; ++i) {
        cmos_clock c = some_evening;
        c.status_b = bcd_12h;
        c.hour = registers[i];
        const auto time = decode_cmos(c);
        ASSERT_TRUE(time);
        EXPECT_EQ(time->hour, hours[i]);
    }
    cmos_clock c = some_evening;
    c.status_b = bcd_12h;
    c.hour = 0x00;
    EXPECT_FALSE(decode_cmos(c));
    c.hour = 0x13;
    EXPECT_FALSE(decode_cmos(c));
}

TEST(cmos, an_impossible_century_is_guessed) {
    cmos_clock c = some_evening;
    for (u8 century : {0x00, 0xFF, 0x12, 0x99, 0x22}) {
        c.century = century;
        EXPECT_EQ(decode_cmos(c)->year, 2026);
    }
    c.year = 0x70;
    EXPECT_EQ(decode_cmos(c)->year, 1970);
    c.century = 0x20;
    EXPECT_EQ(decode_cmos(c)->year, 2070);
    c.century = 0x19;
    c.year = 0x69;  // 1969 is before our time
    EXPECT_EQ(decode_cmos(c)->year, 2069);
}

TEST(cmos, nonsense_is_refused) {
    const cmos_clock absent = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    EXPECT_EQ(decode_cmos(absent).error(), EIO);
    const cmos_clock empty = {};
    EXPECT_EQ(decode_cmos(empty).error(), EIO);
    cmos_clock c = some_evening;
    c.minute = 0x5A;
    EXPECT_FALSE(decode_cmos(c));
    c = some_evening;
    c.minute = 0x60;
    EXPECT_FALSE(decode_cmos(c));
    c = some_evening;
    c.month = 0x13;
    EXPECT_FALSE(decode_cmos(c));
    c.month = 0x02;
    c.day = 0x30;
    EXPECT_FALSE(decode_cmos(c));
    EXPECT_FALSE(decode_cmos({0, 0, 0, 1, 1, 100, 0x20, binary_24h}));
}
