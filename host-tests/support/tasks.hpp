// Tasks on the host. A thread plays one, as it plays a CPU: its number is the CPU's.
//
//     tasks_of_threads tasks;                     sleeping is possible meanwhile
//     std::thread([] { host_cpu = 3; lock.lock(); ... });
//
// Otherwise a test is alone, nobody could wake it, and to sleep is a kernel_panic. Such a
// test may put a script in the place of the others: what they would do while it sleeps.
#pragma once

#include "lib/sync/sleep.hpp"

#include <functional>

class tasks_of_threads {
public:
    tasks_of_threads();
    ~tasks_of_threads();
};

class while_it_sleeps {
public:
    explicit while_it_sleeps(std::function<void()> others);
    ~while_it_sleeps();
};

// The task that this CPU's thread plays: what is asked of it, and what it was told.
u32 host_task_state(unsigned cpu);
void host_set_signal_pending(unsigned cpu, bool pending, bool fatal = false);
// Ticks that pass in each schedule_timeout() of a script.
extern u32 host_ticks_a_sleep;
