// The kernel log. One call, one line: no trailing newline is written or wanted.
//
//     pr_info("zone {}: {} pages", name, count);
//
// Declared here because every floor speaks; defined in kernel/log over the
// consoles, and by the host tests over a buffer they can read.
#pragma once

#include "lib/format.hpp"

// What a console shows beside the time "[    0.123456] " on a line of 80 columns. Fixed
// texts fit (static_assert); those with numbers in them do for numbers as they occur.
inline constexpr size_t log_stamp_columns = 15;
inline constexpr size_t log_line_columns = 80 - log_stamp_columns;

constexpr bool fits_log_lines(std::span<const std::string_view> texts) {
    for (const std::string_view text : texts)
        if (text.size() > log_line_columns) return false;
    return true;
}

// Linux's levels. A record is shown on the consoles when its level is below the
// console level (`loglevel=`, `quiet`), and always kept for `dmesg`.
enum class log_level : u8 { emerg, alert, crit, err, warning, notice, info, debug };

void vprintk(log_level level, std::string_view format, std::span<const format_arg> args);

template <class... Args>
void printk(log_level level, format_string<Args...> format, const Args&... args) {
    const format_arg list[] = {format_arg(args)..., format_arg()};
    vprintk(level, format.text, {list, sizeof...(Args)});
}

#define LOCI_DEFINE_PR(name, level)                                    \
    template <class... Args>                                           \
    void name(format_string<Args...> format, const Args&... args) {    \
        const format_arg list[] = {format_arg(args)..., format_arg()}; \
        vprintk(level, format.text, {list, sizeof...(Args)});          \
    }
LOCI_DEFINE_PR(pr_emerg, log_level::emerg)
LOCI_DEFINE_PR(pr_err, log_level::err)
LOCI_DEFINE_PR(pr_warn, log_level::warning)
LOCI_DEFINE_PR(pr_notice, log_level::notice)
LOCI_DEFINE_PR(pr_info, log_level::info)
LOCI_DEFINE_PR(pr_debug, log_level::debug)
#undef LOCI_DEFINE_PR

// Stops the machine and says why. For bugs in Loci only.
[[noreturn]] void vpanic(std::string_view format, std::span<const format_arg> args);

template <class... Args>
[[noreturn, gnu::cold]] void panic(format_string<Args...> format, const Args&... args) {
    const format_arg list[] = {format_arg(args)..., format_arg()};
    vpanic(format.text, {list, sizeof...(Args)});
}

// Logs who called whom until here, a line a frame; kernel/panic knows how.
void dump_stack();
