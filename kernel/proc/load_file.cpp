// /proc/loadavg, and the timer behind it.
#include "kernel/proc/loadavg.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/time/timer.hpp"
#include "lib/proc_file.hpp"

namespace {

constexpr u32 interval = 5 * HZ;
constexpr u32 decays[3] = {1884, 2014, 2037};

// Written by the timer alone; who reads one word at a time is never wrong by more than one
// interval.
constinit load_averages averages{};
constinit timer_list sampler{};

void sample(void*) {
    const u32 active = nr_running() * FIXED_1;
    for (u32 i = 0; i < 3; ++i) averages.load[i] = calc_load(averages.load[i], decays[i], active);
    mod_timer(sampler, sampler.expires + interval);
}

void show_loadavg(text_sink& out) {
    const load_averages now = avenrun();
    for (u32 load : now.load) {
        load += FIXED_1 / 200;
        format_to(out, "{}.{:02} ", load >> FSHIFT, (load & (FIXED_1 - 1)) * 100 >> FSHIFT);
    }
    u32 last = 0;
    {
        const lock_guard held(tasklist_lock);
        each_task_locked([&](const task_struct& task) { last = max_of(last, task.pid); });
    }
    format_to(out, "{}/{} {}\n", nr_running(), nr_tasks(), last);
}

}  // namespace

load_averages avenrun() { return averages; }

void loadavg_init() {
    sampler.function = sample;
    mod_timer(sampler, jiffies() + interval);
}

REGISTER(proc_file, loadavg_file) = {.path = "loadavg", .show = show_loadavg};
