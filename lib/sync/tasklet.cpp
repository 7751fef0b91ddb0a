#include "lib/sync/softirq.hpp"

namespace {

using tasklet_list = list<tasklet_struct, &tasklet_struct::node>;

constinit irq_spinlock tasklets_lock{"tasklets"};
constinit tasklet_list scheduled_tasklets GUARDED_BY(tasklets_lock);

tasklet_struct* next_tasklet() {
    const lock_guard held(tasklets_lock);
    return scheduled_tasklets.pop_front();
}

// Those that schedule themselves again have their turn in the next round.
void run_tasklets() {
    size_t turns;
    {
        const lock_guard held(tasklets_lock);
        turns = scheduled_tasklets.count();
    }
    for (; turns > 0; --turns) {
        tasklet_struct* const tasklet = next_tasklet();
        if (!tasklet) return;
        tasklet->scheduled.store(false, memory_order::release);
        tasklet->func(tasklet->data);
    }
}

}  // namespace

void tasklet_schedule(tasklet_struct& tasklet) {
    if (tasklet.scheduled.exchange(true, memory_order::acq_rel)) return;
    {
        const lock_guard held(tasklets_lock);
        scheduled_tasklets.push_back(tasklet);
    }
    open_softirq(TASKLET_SOFTIRQ, run_tasklets);
    raise_softirq(TASKLET_SOFTIRQ);
}
