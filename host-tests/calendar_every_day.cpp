// The calendar against the one rule everybody knows: each day follows the last.
// All days of the range are too many for the kernel's own test run.
#include "drivers/time/calendar.hpp"

#include <test.hpp>

TEST(calendar_host, each_day_follows_the_last) {
    calendar_time expected{1970, 1, 1, 0, 0, 0};
    u32 weekday = 4;
    for (u64 day = 0; expected.year < 2500; ++day) {
        ASSERT_TRUE(from_unix_seconds(day * 86400) == expected) << "day " << day;
        ASSERT_EQ(to_unix_seconds(expected), day * 86400);
        ASSERT_EQ(day_of_week(expected), weekday);
        weekday = (weekday + 1) % 7;
        if (++expected.day <= days_in_month(expected.year, expected.month)) continue;
        expected.day = 1;
        if (++expected.month <= 12) continue;
        expected.month = 1;
        ++expected.year;
    }
}
