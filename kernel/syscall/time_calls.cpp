// What time it is, and sleeping until another. Each call comes twice: with seconds of 32 bits,
// as i386 had them, and of 64, for the time after 2038.
#include "kernel/signal/signal.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/time/user_time.hpp"

namespace {

constexpr u32 TIMER_ABSTIME = 1;

bool may_set_time() { return current_task()->cred.euid == 0; }

template <class Timespec>
syscall_result get_clock(u32 clock, user_ptr<Timespec> to) {
    const auto now = read_clock_us(clock);
    if (!now) return err{now.error()};
    return put_user_time(*now, to);
}

template <class Timespec>
syscall_result set_clock(u32 clock, user_ptr<const Timespec> from) {
    if (clock != CLOCK_REALTIME) return err{EINVAL};
    const auto wanted = get_user_time(from);
    if (!wanted) return err{wanted.error()};
    if (!may_set_time()) return err{EPERM};
    set_realtime_us(*wanted);
    return 0u;
}

template <class Timespec>
syscall_result get_resolution(u32 clock, user_ptr<Timespec> to) {
    const auto known = read_clock_us(clock);
    if (!known) return err{known.error()};
    if (!to) return 0u;
    const bool by_tick = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
                         clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
    return put_user_time(by_tick ? 1000000 / HZ : 1, to);
}

template <class Timespec>
syscall_result tell_rest(u64 end, u32 left);

template <class Timespec>
syscall_result sleep_on(restart_block& block) {
    const u64 end = block.words[0] | u64{block.words[1]} << 32;
    if (sleep_until(end)) return 0u;
    return tell_rest<Timespec>(end, block.words[2]);
}

template <class Timespec>
syscall_result tell_rest(u64 end, u32 left) {
    const u64 now = uptime_us();
    if (left) {
        const auto told = put_user_time(end > now ? end - now : 0, user_ptr<Timespec>(left));
        if (!told) return told;
    }
    return set_restart(sleep_on<Timespec>, end, end >> 32, left);
}

// A signal ends it early: what was left is told, unless the end was named absolutely.
template <class Timespec>
syscall_result sleep(u32 clock, u32 flags, user_ptr<const Timespec> wanted,
                     user_ptr<Timespec> left) {
    const auto now = read_clock_us(clock);
    if (!now || clock == CLOCK_THREAD_CPUTIME_ID) return err{EINVAL};
    const auto time = get_user_time(wanted);
    if (!time) return err{time.error()};
    const bool absolute = flags & TIMER_ABSTIME;
    if (absolute && *time <= *now) return 0u;
    const u64 end = uptime_us() + (absolute ? *time - *now : *time);
    if (sleep_until(end)) return 0u;
    if (absolute) return err{ERESTARTNOHAND};
    return tell_rest<Timespec>(end, left.raw());
}

}  // namespace

SYSCALL_DEFINE(265, clock_gettime, u32 clock, user_ptr<user_timespec32> to) {
    return get_clock(clock, to);
}
SYSCALL_DEFINE(403, clock_gettime64, u32 clock, user_ptr<user_timespec64> to) {
    return get_clock(clock, to);
}
SYSCALL_DEFINE(264, clock_settime, u32 clock, user_ptr<const user_timespec32> from) {
    return set_clock(clock, from);
}
SYSCALL_DEFINE(404, clock_settime64, u32 clock, user_ptr<const user_timespec64> from) {
    return set_clock(clock, from);
}
SYSCALL_DEFINE(266, clock_getres, u32 clock, user_ptr<user_timespec32> to) {
    return get_resolution(clock, to);
}
SYSCALL_DEFINE(406, clock_getres_time64, u32 clock, user_ptr<user_timespec64> to) {
    return get_resolution(clock, to);
}
SYSCALL_DEFINE(162, nanosleep, user_ptr<const user_timespec32> wanted,
               user_ptr<user_timespec32> left) {
    return sleep(CLOCK_MONOTONIC, 0, wanted, left);
}
SYSCALL_DEFINE(267, clock_nanosleep, u32 clock, u32 flags,
               user_ptr<const user_timespec32> wanted, user_ptr<user_timespec32> left) {
    return sleep(clock, flags, wanted, left);
}
SYSCALL_DEFINE(407, clock_nanosleep_time64, u32 clock, u32 flags,
               user_ptr<const user_timespec64> wanted, user_ptr<user_timespec64> left) {
    return sleep(clock, flags, wanted, left);
}

SYSCALL_DEFINE(13, time, user_ptr<s32> to) {
    const s32 now = static_cast<s32>(realtime_us() / 1000000);
    if (to) {
        if (const auto told = put_user(now, to); !told) return told;
    }
    return now;
}

SYSCALL_DEFINE(25, stime, user_ptr<const s32> from) {
    s32 seconds;
    if (const auto got = get_user(seconds, from); !got) return got;
    if (!may_set_time()) return err{EPERM};
    set_realtime_us(static_cast<u64>(max_of(seconds, s32{0})) * 1000000);
    return 0u;
}

namespace {

struct user_timezone {
    s32 minutes_west, dst_time;
};

}  // namespace

SYSCALL_DEFINE(78, gettimeofday, user_ptr<user_timeval> to, user_ptr<user_timezone> zone) {
    const u64 now = realtime_us();
    if (to) {
        const user_timeval time{static_cast<s32>(now / 1000000), static_cast<s32>(now % 1000000)};
        if (const auto told = put_user(time, to); !told) return told;
    }
    if (zone) return put_user(user_timezone{}, zone);
    return 0u;
}

SYSCALL_DEFINE(79, settimeofday, user_ptr<const user_timeval> from,
               user_ptr<const user_timezone>) {
    if (!from) return 0u;
    user_timeval time;
    if (const auto got = get_user(time, from); !got) return got;
    if (time.seconds < 0 || static_cast<u32>(time.microseconds) >= 1000000) return err{EINVAL};
    if (!may_set_time()) return err{EPERM};
    set_realtime_us(static_cast<u64>(time.seconds) * 1000000 +
                    static_cast<u32>(time.microseconds));
    return 0u;
}
