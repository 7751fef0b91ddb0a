// Saying something often, but not too often. Each call site has its own limit:
//
//     pr_warn_ratelimited("{}: bad frame {}", name, frame);
//
// As in Linux, ten messages pass in five seconds; the rest are counted, and the
// first message of the next five seconds is preceded by how many were left out.
// Time is the uptime: before the clock runs all of it is one interval.
#pragma once

#include "lib/clock.hpp"
#include "lib/log.hpp"
#include "lib/spinlock.hpp"

class ratelimit {
public:
    static constexpr u64 default_interval_us = 5'000'000;
    static constexpr u32 default_burst = 10;

    constexpr explicit ratelimit(u64 interval_us = default_interval_us,
                                 u32 burst = default_burst)
        : interval_us_(interval_us), burst_(burst) {}

    struct verdict {
        bool pass;
        u32 suppressed;  // left out since the last message that passed an interval's start
    };

    // Never waits: a caller that finds the limit in use (an interrupt inside
    // another call of the same site) counts as one too many.
    verdict ask(u64 now_us) {
        if (!lock_.try_lock()) {
            missed_.fetch_add(1, memory_order::relaxed);
            return {false, 0};
        }
        verdict answer{false, 0};
        if (!started_ || now_us - start_us_ >= interval_us_) {
            started_ = true;
            start_us_ = now_us;
            passed_ = 0;
            answer.suppressed = missed_.exchange(0, memory_order::relaxed);
        }
        if (passed_ < burst_) {
            ++passed_;
            answer.pass = true;
        } else {
            missed_.fetch_add(1, memory_order::relaxed);
        }
        lock_.unlock();
        return answer;
    }

private:
    irq_spinlock lock_{"a rate limit"};
    u64 interval_us_;
    u64 start_us_ GUARDED_BY(lock_) = 0;
    u32 burst_;
    u32 passed_ GUARDED_BY(lock_) = 0;
    bool started_ GUARDED_BY(lock_) = false;
    atomic<u32> missed_{0};
};

template <class... Args>
void printk_ratelimited(ratelimit& limit, log_level level, format_string<Args...> format,
                        const Args&... args) {
    const ratelimit::verdict verdict = limit.ask(uptime_us());
    if (!verdict.pass) return;
    if (verdict.suppressed > 0)
        printk(level, "{} messages like the next one were suppressed", verdict.suppressed);
    const format_arg list[] = {format_arg(args)..., format_arg()};
    vprintk(level, format.text, {list, sizeof...(Args)});
}

#define LOCI_RATELIMITED(level, ...)                              \
    do {                                                          \
        static constinit ratelimit limit_of_this_line;            \
        printk_ratelimited(limit_of_this_line, level, __VA_ARGS__); \
    } while (0)

#define pr_err_ratelimited(...) LOCI_RATELIMITED(log_level::err, __VA_ARGS__)
#define pr_warn_ratelimited(...) LOCI_RATELIMITED(log_level::warning, __VA_ARGS__)
#define pr_info_ratelimited(...) LOCI_RATELIMITED(log_level::info, __VA_ARGS__)
