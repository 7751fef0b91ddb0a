#include "kernel/time/timer.hpp"

#include "kernel/sched/schedule.hpp"
#include "kernel/signal/signal.hpp"
#include "kernel/time/user_time.hpp"
#include "lib/clock.hpp"
#include "lib/sync/sleep.hpp"
#include "lib/sync/softirq.hpp"

namespace {

constinit timer_wheel wheel;

void on_tick() {
    const trap_frame* const interrupted = current_trap_frame();
    itimers_tick(*current_task(), interrupted && interrupted->from_user());
    scheduler_tick();
    raise_softirq(TIMER_SOFTIRQ);
}

void wake_sleeper(void* task) { wake_up_process(*static_cast<task_struct*>(task)); }

}  // namespace

timer_wheel& the_timers() { return wheel; }

void add_timer(timer_list& timer) { wheel.add(timer); }
bool mod_timer(timer_list& timer, u32 expires) { return wheel.modify(timer, expires); }
bool del_timer(timer_list& timer) { return wheel.remove(timer); }

u32 jiffies() {
    return static_cast<u32>(ticks_come() ? get_jiffies_64() : uptime_us() / (1'000'000 / HZ));
}

// g++ 12 leaves lists zero that are elements of a static array.
void timers_init() {
    new (&wheel) timer_wheel;
    open_softirq(TIMER_SOFTIRQ, [] { wheel.run(jiffies()); });
    tick_hook = on_tick;
}

void tick_without_interrupts() {
    static constinit u32 last = 0;
    if (ticks_come() || jiffies() == last) return;
    last = jiffies();
    on_tick();
}

s32 schedule_timeout(s32 ticks) {
    if (ticks == MAX_SCHEDULE_TIMEOUT) {
        schedule();
        return ticks;
    }
    kassert(ticks >= 0, "a timeout of {} ticks", ticks);
    timer_list timer{.expires = jiffies() + static_cast<u32>(ticks),
                     .function = wake_sleeper,
                     .data = current_task()};
    add_timer(timer);
    schedule();
    del_timer(timer);
    return max_of(static_cast<s32>(timer.expires - jiffies()), 0);
}

// By the clock, not by ticks alone: late ones come close together.
void msleep(u32 milliseconds) {
    might_sleep("msleep");
    const u64 end = uptime_us() + u64{milliseconds} * 1000;
    while (const s32 ticks = ticks_until(end)) {
        set_current_state(TASK_UNINTERRUPTIBLE);
        schedule_timeout(ticks);
    }
}
