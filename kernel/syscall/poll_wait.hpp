// The part that poll() and select() share: asking many files until one is ready, the time
// is over, or a signal comes; and the shapes in which programs tell the time and the
// signals.
#pragma once

#include "fs/vfs/poll.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/clock.hpp"

struct timespec32 {
    s32 tv_sec, tv_nsec;
};
struct timeval32 {
    s32 tv_sec, tv_usec;
};
struct [[gnu::packed, gnu::aligned(4)]] timespec64_abi {
    s64 tv_sec, tv_nsec;
};

// Until when to wait.
class time_limit {
public:
    static time_limit none() { return time_limit(~u64{0}); }
    static time_limit after_us(u64 wait) { return time_limit(uptime_us() + wait); }
    static time_limit at_us(u64 end) { return time_limit(end); }  // what end_us() said

    bool is_none() const { return end_ == ~u64{0}; }
    u64 end_us() const { return end_; }
    u64 left_us() const {
        const u64 now = uptime_us();
        return end_ > now ? end_ - now : 0;
    }
    // Never too short: a tick has begun already.
    s32 left_ticks() const;

private:
    explicit time_limit(u64 end) : end_(end) {}
    u64 end_;
};

// A time of `parts_a_second`: null is no limit. EINVAL: negative, or too many parts.
result<time_limit> limit_of(s64 seconds, s64 parts, u32 parts_a_second);

// Whom poll() or select() ask: how many are ready.
struct poll_question {
    virtual u32 ask(poll_table* table) = 0;

protected:
    ~poll_question() = default;
};
// ENOMEM; ERESTARTNOHAND: a signal came.
result<u32> wait_for_any(poll_question& files, const time_limit& limit);

// The mask of ppoll() and pselect(), until its end. EINVAL, EFAULT.
result<> take_mask(user_ptr<const u64> mask, u32 bytes);
// At its end.
syscall_result with_mask_back(const result<u32>& ready, bool masked);

// Likewise at the end: what is left of the time, for who looks.
template <class Time>
result<time_limit> read_limit(user_ptr<Time> told, u32 parts_a_second) {
    if (!told) return time_limit::none();
    struct [[gnu::packed]] {
        decltype(Time::tv_sec) seconds, parts;
    } time;
    static_assert(sizeof time == sizeof(Time));
    if (copy_from_user(&time, told, sizeof time) != 0) return err{EFAULT};
    return limit_of(time.seconds, time.parts, parts_a_second);
}
template <class Time>
void write_left(const time_limit& limit, user_ptr<Time> told, u32 parts_a_second) {
    if (!told) return;
    using part = decltype(Time::tv_sec);
    const u64 left = limit.is_none() ? 0 : limit.left_us();
    const part shown[2] = {static_cast<part>(left / 1000000),
                           static_cast<part>(left % 1000000 * (parts_a_second / 1000000))};
    // Where it cannot be written the answer is the same: Linux, too, has done its work.
    static_cast<void>(copy_to_user(told, shown, sizeof shown));
}
