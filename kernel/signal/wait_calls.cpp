// Calls that wait for signals.
#include "fs/vfs/inode.hpp"
#include "kernel/signal/frame_layout.hpp"
#include "kernel/signal/locked.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/clock.hpp"

namespace {

void sleep_until_signal() {
    while (!signal_pending()) {
        set_current_state(TASK_INTERRUPTIBLE);
        schedule();
    }
    set_current_state(TASK_RUNNING);
}

syscall_result suspend(signal_set mask) {
    set_temporary_mask(mask);
    sleep_until_signal();
    return err{ERESTARTNOHAND};
}

// At least that long: the tick that is under way does not count.
s32 ticks_of(const timespec64& time) {
    constexpr u32 ns_per_tick = 1'000'000'000 / HZ;
    constexpr s64 most_seconds = MAX_SCHEDULE_TIMEOUT / HZ - 1;
    if (time.tv_sec >= most_seconds) return MAX_SCHEDULE_TIMEOUT;
    const u32 ticks = static_cast<u32>(time.tv_sec) * HZ +
                      (time.tv_nsec + ns_per_tick - 1) / ns_per_tick;
    return static_cast<s32>(ticks == 0 ? 0 : ticks + 1);
}

// What is waited for is not blocked meanwhile, so that it wakes this thread; it is none of a
// handler's all the same. 0: time is up; or it was another signal.
u32 wait_for_signal(signal_set wanted, kernel_siginfo& info, s32 ticks, bool& interrupted) {
    task_struct& task = *current_task();
    irq_spinlock& siglock = task.sighand->siglock;
    {
        const lock_guard held(siglock);
        const u32 signal = dequeue_signal_locked(task, ~wanted, info);
        if (signal || ticks == 0) return signal;
        task.real_blocked = task.blocked;
        task.blocked &= ~wanted;
        recalc_sigpending(task);
        set_current_state(TASK_INTERRUPTIBLE);
    }
    interrupted = schedule_timeout(ticks) > 0;
    const lock_guard held(siglock);
    set_blocked_locked(task, task.real_blocked);
    task.real_blocked = 0;
    return dequeue_signal_locked(task, ~wanted, info);
}

syscall_result timed_wait(user_ptr<const signal_set> set, user_ptr<user_siginfo> to,
                          const result<timespec64>* timeout, u32 bytes) {
    if (bytes != sizeof(signal_set)) return err{EINVAL};
    signal_set wanted;
    if (const auto read = get_user(wanted, set); !read) return read;
    s32 ticks = MAX_SCHEDULE_TIMEOUT;
    if (timeout) {
        if (!*timeout) return err{timeout->error()};
        const timespec64& time = **timeout;
        if (time.tv_sec < 0 || time.tv_nsec >= 1'000'000'000) return err{EINVAL};
        ticks = ticks_of(time);
    }
    kernel_siginfo info{};
    bool interrupted = false;
    const u32 signal = wait_for_signal(wanted & ~SIG_KERNEL_ONLY, info, ticks, interrupted);
    if (signal == 0) return err{interrupted ? EINTR : EAGAIN};
    if (to)
        if (const auto told = put_user(user_siginfo{info}, to); !told) return told;
    return signal;
}

// Seconds and nanoseconds of that width, as a program passes them.
template <class Seconds>
struct user_timespec {
    Seconds sec;
    Seconds nsec;
};

template <class Seconds>
syscall_result timed_wait_by(user_ptr<const signal_set> set, user_ptr<user_siginfo> to,
                             user_ptr<const user_timespec<Seconds>> timeout, u32 bytes) {
    if (!timeout) return timed_wait(set, to, nullptr, bytes);
    user_timespec<Seconds> given;
    result<timespec64> time = err{EFAULT};
    if (get_user(given, timeout)) time = timespec64{given.sec, static_cast<u32>(given.nsec)};
    return timed_wait(set, to, &time, bytes);
}

}  // namespace

SYSCALL_DEFINE(29, pause) {
    sleep_until_signal();
    return err{ERESTARTNOHAND};
}

// The mask is the third argument.
SYSCALL_DEFINE(72, sigsuspend, u32, u32, u32 mask) { return suspend(mask); }

SYSCALL_DEFINE(179, rt_sigsuspend, user_ptr<const signal_set> set, u32 bytes) {
    if (bytes != sizeof(signal_set)) return err{EINVAL};
    signal_set mask;
    if (const auto read = get_user(mask, set); !read) return read;
    return suspend(mask);
}

SYSCALL_DEFINE(177, rt_sigtimedwait, user_ptr<const signal_set> set, user_ptr<user_siginfo> to,
               user_ptr<const user_timespec<s32>> timeout, u32 bytes) {
    return timed_wait_by<s32>(set, to, timeout, bytes);
}

SYSCALL_DEFINE(421, rt_sigtimedwait_time64, user_ptr<const signal_set> set,
               user_ptr<user_siginfo> to, user_ptr<const user_timespec<s64>> timeout,
               u32 bytes) {
    return timed_wait_by<s64>(set, to, timeout, bytes);
}
