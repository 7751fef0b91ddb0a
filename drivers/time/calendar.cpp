#include "drivers/time/calendar.hpp"

namespace {

constexpr u8 month_lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr const char* month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr const char* day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// Days from 1 January of year 0 to 1 January of `year`.
constexpr u32 days_before_year(u32 year) {
    if (year == 0) return 0;
    const u32 past = year - 1;  // year 0 itself is a leap year
    return year * 365 + past / 4 - past / 100 + past / 400 + 1;
}
constexpr u32 days_before_1970 = days_before_year(1970);
static_assert(days_before_1970 == 719528);

constexpr u32 seconds_a_day = 86400;

u32 days_since_1970(const calendar_time& time) {
    u32 days = days_before_year(time.year) - days_before_1970;
    for (u32 month = 1; month < time.month; ++month)
        days += days_in_month(time.year, month);
    return days + time.day - 1;
}

std::optional<u8> from_bcd(u8 value) {
    if ((value & 0x0F) > 9 || value >> 4 > 9) return {};
    return static_cast<u8>((value >> 4) * 10 + (value & 0x0F));
}

}  // namespace

void format_value(text_sink& out, const format_spec&, const calendar_time& time) {
    format_to(out, "{} {} {:2} {:02}:{:02}:{:02} UTC {}", day_names[day_of_week(time)],
              month_names[(time.month - 1) % 12], time.day, time.hour, time.minute,
              time.second, time.year);
}

u32 days_in_month(u32 year, u32 month) {
    return month == 2 && is_leap_year(year) ? 29 : month_lengths[(month - 1) % 12];
}

bool is_valid(const calendar_time& t) {
    return t.year >= 1970 && t.month >= 1 && t.month <= 12 && t.day >= 1 &&
           t.day <= days_in_month(t.year, t.month) && t.hour < 24 && t.minute < 60 &&
           t.second < 60;
}

u64 to_unix_seconds(const calendar_time& time) {
    return u64{days_since_1970(time)} * seconds_a_day +
           (time.hour * 60u + time.minute) * 60u + time.second;
}

calendar_time from_unix_seconds(u64 seconds) {
    const u32 of_day = static_cast<u32>(seconds % seconds_a_day);
    const u32 days = static_cast<u32>(seconds / seconds_a_day) + days_before_1970;
    calendar_time time;
    // 146097 days are exactly 400 years, so this guess is off by one at the most.
    u32 year = static_cast<u32>(u64{days} * 400 / 146097);
    while (days_before_year(year + 1) <= days) ++year;
    while (days_before_year(year) > days) --year;
    u32 rest = days - days_before_year(year);
    u32 month = 1;
    while (rest >= days_in_month(year, month)) rest -= days_in_month(year, month++);
    time.year = static_cast<u16>(year);
    time.month = static_cast<u8>(month);
    time.day = static_cast<u8>(rest + 1);
    time.hour = static_cast<u8>(of_day / 3600);
    time.minute = static_cast<u8>(of_day / 60 % 60);
    time.second = static_cast<u8>(of_day % 60);
    return time;
}

u32 day_of_week(const calendar_time& time) {
    return (days_since_1970(time) + 4) % 7;  // 1 January 1970 was a Thursday
}

result<calendar_time> decode_cmos(const cmos_clock& registers) {
    constexpr u8 binary_mode = 0x04, twenty_four_hours = 0x02, afternoon = 0x80;
    bool readable = true;
    const auto number = [&](u8 value) {
        if (registers.status_b & binary_mode) return value;
        const auto decoded = from_bcd(value);
        if (!decoded) readable = false;
        return decoded.value_or(0);
    };
    const bool twelve_hours = !(registers.status_b & twenty_four_hours);
    const bool pm = twelve_hours && (registers.hour & afternoon);

    calendar_time time;
    time.second = number(registers.second);
    time.minute = number(registers.minute);
    time.hour = number(static_cast<u8>(twelve_hours ? registers.hour & ~afternoon
                                                    : registers.hour));
    time.day = number(registers.day);
    time.month = number(registers.month);
    const u32 year = number(registers.year);
    if (!readable || year > 99) return err{EIO};
    if (twelve_hours) {
        if (time.hour < 1 || time.hour > 12) return err{EIO};
        time.hour = static_cast<u8>(time.hour % 12 + (pm ? 12 : 0));
    }

    // Machines keep the century in BCD whatever the mode says.
    const u32 stored = from_bcd(registers.century).value_or(0) * 100u + year;
    time.year = static_cast<u16>(stored >= 1970 && stored < 2200 ? stored
                                 : year >= 70                    ? 1900 + year
                                                                 : 2000 + year);
    if (!is_valid(time)) return err{EIO};
    return time;
}
