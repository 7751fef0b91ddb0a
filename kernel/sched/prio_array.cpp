#include "kernel/sched/prio_array.hpp"

void prio_array::enqueue_task(sched_entity& task) {
    kassert(!task.array, "a task of priority {} is queued twice", task.prio);
    kassert(task.prio < MAX_PRIO, "there is no priority {}", task.prio);
    queues_[task.prio].push_back(task);
    set().set(task.prio);
    task.array = this;
    ++nr_active_;
}

void prio_array::dequeue_task(sched_entity& task) {
    kassert(task.array == this, "a task of priority {} is in another queue", task.prio);
    queues_[task.prio].erase(task);
    if (queues_[task.prio].empty()) set().clear(task.prio);
    task.array = nullptr;
    --nr_active_;
}

sched_entity* prio_array::first() const {
    const auto highest = set().find_first_set();
    return highest ? queues_[*highest].first() : nullptr;
}

void prio_array::check_invariants() const {
    u32 found = 0;
    for (u32 prio = 0; prio < MAX_PRIO; ++prio) {
        queues_[prio].check_invariants();
        kassert(set().test(prio) == !queues_[prio].empty(), "prio_array I1: bit {} is {}", prio,
                set().test(prio));
        for (const sched_entity& task : queues_[prio]) {
            kassert(task.prio == prio && task.array == this,
                    "prio_array I2: in queue {} there is a task of priority {}", prio, task.prio);
            ++found;
        }
    }
    kassert(found == nr_active_, "prio_array I3: {} are queued, counted {}", found, nr_active_);
}
