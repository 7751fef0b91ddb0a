#include "kernel/time/user_time.hpp"

#include "kernel/sched/task.hpp"

namespace {

constexpr u32 tick_us = 1000000 / HZ;

template <class Timespec>
result<u64> get_time(user_ptr<const Timespec> from) {
    Timespec time;
    if (const auto got = get_user(time, from); !got) return err{got.error()};
    if (time.seconds < 0 || static_cast<u32>(time.nanoseconds) >= 1000000000)
        return err{EINVAL};
    // What nobody lives to see counts as for ever.
    const u64 seconds = min_of(static_cast<u64>(time.seconds), u64{1} << 40);
    return seconds * 1000000 + (static_cast<u32>(time.nanoseconds) + 999) / 1000;
}

template <class Timespec>
Timespec timespec_of(u64 us) {
    Timespec time{};
    time.seconds = static_cast<decltype(time.seconds)>(us / 1000000);
    time.nanoseconds = static_cast<s32>(us % 1000000) * 1000;
    return time;
}

u64 cpu_time_of_program() {
    const task_struct& task = *current_task();
    const lock_guard held(tasklist_lock);
    u64 ticks = task.signal->utime + task.signal->stime;  // of those who have ended
    for (const task_struct& thread : task.group_leader->thread_group)
        if (!thread.exit_state) ticks += thread.utime + thread.stime;
    return ticks * tick_us;
}

}  // namespace

result<u64> get_user_time(user_ptr<const user_timespec32> from) { return get_time(from); }
result<u64> get_user_time(user_ptr<const user_timespec64> from) { return get_time(from); }
result<> put_user_time(u64 us, user_ptr<user_timespec32> to) {
    return put_user(timespec_of<user_timespec32>(us), to);
}
result<> put_user_time(u64 us, user_ptr<user_timespec64> to) {
    return put_user(timespec_of<user_timespec64>(us), to);
}

u64 realtime_us() {
    const timespec64 now = current_time();
    return static_cast<u64>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

void set_realtime_us(u64 us) {
    set_boot_time(static_cast<s64>(us) - static_cast<s64>(uptime_us()));
}

result<u64> read_clock_us(u32 clock) {
    switch (clock) {
        case CLOCK_REALTIME:
        case CLOCK_REALTIME_COARSE: return realtime_us();
        case CLOCK_MONOTONIC:
        case CLOCK_MONOTONIC_RAW:
        case CLOCK_MONOTONIC_COARSE:
        case CLOCK_BOOTTIME: return uptime_us();
        case CLOCK_PROCESS_CPUTIME_ID: return cpu_time_of_program();
        case CLOCK_THREAD_CPUTIME_ID:
            return u64{current_task()->utime + current_task()->stime} * tick_us;
    }
    return err{EINVAL};
}

s32 ticks_until(u64 uptime) {
    const u64 now = uptime_us();
    if (uptime <= now) return 0;
    return static_cast<s32>(
        min_of((uptime - now + tick_us - 1) / tick_us + 1, u64{MAX_SCHEDULE_TIMEOUT} - 1));
}

result<> sleep_until(u64 uptime) {
    for (;;) {
        set_current_state(TASK_INTERRUPTIBLE);
        const s32 ticks = ticks_until(uptime);
        if (ticks == 0 || signal_pending()) {
            set_current_state(TASK_RUNNING);
            if (ticks == 0) return {};
            return err{ERESTARTSYS};
        }
        schedule_timeout(ticks);
    }
}
