// Timers that send signals to their own program: alarm(), setitimer().
//
//     ITIMER_REAL      SIGALRM     time as it passes: a timer of kernel/time
//     ITIMER_VIRTUAL   SIGVTALRM   while it computes in ring 3: counted at each tick
//     ITIMER_PROF      SIGPROF     ... or the kernel for it
//
// I1: signal.real_timer, once there, is a real_timer, and stays until the program is gone.
//     siglock guards what it says; the wheel, whether it is pending.
#include "kernel/signal/locked.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/time/timer.hpp"
#include "lib/clock.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/vm/mm_types.hpp"

namespace {

constexpr u32 ITIMER_REAL = 0, ITIMER_VIRTUAL = 1, ITIMER_PROF = 2;
constexpr u32 us_per_second = 1'000'000, us_per_tick = us_per_second / HZ;

// In microseconds.
struct itimer_value {
    u64 interval = 0, left = 0;
};

struct real_timer {
    timer_list timer;
    u32 tgid;
    u64 due = 0;       // of uptime_us(); 0: it is not set
    u64 interval = 0;

    u64 left(u64 now) const { return due == 0 ? 0 : due > now ? due - now : 1; }
};

real_timer* real_timer_of(const signal_struct& signal) {
    return static_cast<real_timer*>(signal.real_timer);
}

// The tick that has all of the time behind it; far ones are looked at once more on the way.
u32 tick_of(u64 us) {
    constexpr u64 far = u64{us_per_tick} << 30;
    return jiffies() + static_cast<u32>(min_of(us, far) / us_per_tick) + 1;
}

void ring_locked(task_struct& leader, real_timer& timer) {
    const u64 now = uptime_us();
    if (timer.due == 0) return;
    if (timer.due <= now) {
        static_cast<void>(send_signal_locked(leader, kernel_signal(SIGALRM), true));
        // Of times that were missed altogether one signal tells.
        const u64 late = timer.interval ? (now - timer.due) / timer.interval + 1 : 0;
        timer.due = timer.interval ? timer.due + late * timer.interval : 0;
    }
    if (timer.due != 0) mod_timer(timer.timer, tick_of(timer.due - now));
}

// In the timers' softirq. The program may be gone: then so was the timer, unless it was on
// its way already, and the number is nobody's.
void on_timer(void* data) {
    auto& timer = *static_cast<real_timer*>(data);
    task_struct* const leader = find_get_task(timer.tgid);
    if (!leader) return;
    {
        const sighand_guard held(*leader);
        if (held && leader->signal->real_timer == &timer) ring_locked(*leader, timer);
    }
    put_task_struct(*leader);
}

// Null: no memory.
real_timer* make_real_timer(task_struct& task) {
    if (real_timer* const there = real_timer_of(*task.signal)) return there;
    void* const room = kmalloc(sizeof(real_timer), GFP_KERNEL);
    if (!room) return nullptr;
    auto* const made = new (room) real_timer{
        .timer = {.function = on_timer, .data = room}, .tgid = task.tgid};
    {
        const lock_guard held(task.sighand->siglock);
        if (!task.signal->real_timer) {
            task.signal->real_timer = made;
            return made;
        }
    }
    kfree(made);  // another thread was faster
    return real_timer_of(*task.signal);
}

result<> set_real(task_struct& task, const itimer_value& wanted, itimer_value& before) {
    real_timer* const timer = wanted.left ? make_real_timer(task) : real_timer_of(*task.signal);
    if (!timer) return wanted.left ? result<>(err{ENOMEM}) : result<>{};
    const lock_guard held(task.sighand->siglock);
    const u64 now = uptime_us();
    before = {timer->interval, timer->left(now)};
    timer->due = wanted.left ? now + wanted.left : 0;
    timer->interval = wanted.left ? wanted.interval : 0;
    if (wanted.left)
        mod_timer(timer->timer, tick_of(wanted.left));
    else
        del_timer(timer->timer);
    return {};
}

itimer_value in_us(const tick_timer& timer) {
    return {u64{timer.interval} * us_per_tick, u64{timer.left} * us_per_tick};
}
u32 in_ticks(u64 us) {
    return static_cast<u32>(min_of((us + us_per_tick - 1) / us_per_tick, u64{~0u}));
}

tick_timer& tick_timer_of(signal_struct& signal, u32 which) {
    return which == ITIMER_VIRTUAL ? signal.virtual_timer : signal.prof_timer;
}

result<> set_itimer(u32 which, const itimer_value& wanted, itimer_value& before) {
    task_struct& task = *current_task();
    if (which > ITIMER_PROF) return err{EINVAL};
    if (which == ITIMER_REAL) return set_real(task, wanted, before);
    const lock_guard held(task.sighand->siglock);
    tick_timer& timer = tick_timer_of(*task.signal, which);
    before = in_us(timer);
    timer = {in_ticks(wanted.left), in_ticks(wanted.interval)};
    return {};
}

result<itimer_value> get_itimer(u32 which) {
    task_struct& task = *current_task();
    if (which > ITIMER_PROF) return err{EINVAL};
    const lock_guard held(task.sighand->siglock);
    if (which != ITIMER_REAL) return in_us(tick_timer_of(*task.signal, which));
    const real_timer* const timer = real_timer_of(*task.signal);
    if (!timer) return itimer_value{};
    return itimer_value{timer->interval, timer->left(uptime_us())};
}

// Whether it has rung.
bool count_tick(tick_timer& timer) {
    if (timer.left == 0 || --timer.left > 0) return false;
    timer.left = timer.interval;
    return true;
}

// SIGXCPU each second from the limit on, and the end at the hard one.
void limit_cpu_time(task_struct& task, rlimit& limit, u32 seconds) {
    const bool ends = seconds >= limit.max;
    if (!ends && seconds < limit.cur) return;
    if (!ends) ++limit.cur;
    static_cast<void>(send_signal_locked(task, kernel_signal(ends ? SIGKILL : SIGXCPU), true));
}

// Linux's struct itimerval.
struct user_itimerval {
    s32 interval_sec, interval_usec, value_sec, value_usec;
};

bool is_time(s32 sec, s32 usec) {
    return sec >= 0 && static_cast<u32>(usec) < us_per_second;
}
u64 us_of(s32 sec, s32 usec) {
    return u64{static_cast<u32>(sec)} * us_per_second + static_cast<u32>(usec);
}
user_itimerval for_user(const itimer_value& value) {
    return {static_cast<s32>(value.interval / us_per_second),
            static_cast<s32>(value.interval % us_per_second),
            static_cast<s32>(value.left / us_per_second),
            static_cast<s32>(value.left % us_per_second)};
}

}  // namespace

void drop_real_timer(signal_struct& signal) {
    real_timer* const timer = real_timer_of(signal);
    if (!timer) return;
    del_timer(timer->timer);
    signal.real_timer = nullptr;
    kfree(timer);
}

void itimers_tick(task_struct& task, bool in_ring3) {
    if (!task.signal) return;
    const u32 ticks = ++task.signal->ticks_run;
    rlimit& limit = task.signal->rlim[RLIMIT_CPU];
    const bool may_be_too_long = limit.cur != RLIM_INFINITY && ticks % HZ == 0;
    if (task.signal->virtual_timer.left == 0 && task.signal->prof_timer.left == 0 &&
        !may_be_too_long)
        return;
    const sighand_guard held(task);
    if (!held) return;
    if (may_be_too_long) limit_cpu_time(task, limit, ticks / HZ);
    if (in_ring3 && count_tick(task.signal->virtual_timer))
        static_cast<void>(send_signal_locked(task, kernel_signal(SIGVTALRM), true));
    if (count_tick(task.signal->prof_timer))
        static_cast<void>(send_signal_locked(task, kernel_signal(SIGPROF), true));
}

SYSCALL_DEFINE(104, setitimer, u32 which, user_ptr<const user_itimerval> set,
               user_ptr<user_itimerval> old) {
    user_itimerval given{};
    if (set)
        if (const auto read = get_user(given, set); !read) return read;
    if (!is_time(given.value_sec, given.value_usec) ||
        !is_time(given.interval_sec, given.interval_usec))
        return err{EINVAL};
    const itimer_value wanted{us_of(given.interval_sec, given.interval_usec),
                              us_of(given.value_sec, given.value_usec)};
    itimer_value before;
    if (const auto done = set_itimer(which, wanted, before); !done) return done;
    if (old) return put_user(for_user(before), old);
    return 0u;
}

SYSCALL_DEFINE(105, getitimer, u32 which, user_ptr<user_itimerval> to) {
    const auto value = get_itimer(which);
    if (!value) return err{value.error()};
    return put_user(for_user(*value), to);
}

// The seconds that were left, rounded, but never down to none.
SYSCALL_DEFINE(27, alarm, u32 seconds) {
    constexpr u32 most = 0x7fffffff;
    itimer_value before;
    const itimer_value wanted{0, u64{min_of(seconds, most)} * us_per_second};
    if (const auto done = set_itimer(ITIMER_REAL, wanted, before); !done) return done;
    const auto whole = static_cast<u32>(before.left / us_per_second);
    const auto rest = static_cast<u32>(before.left % us_per_second);
    return whole + ((whole == 0 && rest > 0) || rest >= us_per_second / 2 ? 1 : 0);
}
