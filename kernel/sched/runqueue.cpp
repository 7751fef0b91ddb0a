#include "kernel/sched/runqueue.hpp"

#include "lib/clock.hpp"

namespace {

constexpr u32 default_slice = 100 * HZ / 1000;  // of nice 0
constexpr u32 least_slice = 1;

// Of nice 0 half of what nice -20 would have at this scale.
constexpr u32 scaled(u32 slice, u8 static_prio) {
    return max_of(slice * (MAX_PRIO - static_prio) / 20, least_slice);
}

bool is_real_time(const sched_entity& task) { return task.static_prio < MAX_RT_PRIO; }

}  // namespace

u32 task_timeslice(u8 static_prio) {
    if (static_prio < MAX_RT_PRIO) return default_slice;
    const bool favoured = static_prio < nice_to_prio(0);
    return scaled(favoured ? default_slice * 4 : default_slice, static_prio);
}

u8 effective_prio(const sched_entity& task) {
    if (is_real_time(task)) return task.static_prio;
    const s32 bonus =
        static_cast<s32>(task.sleep_avg) * MAX_BONUS / static_cast<s32>(MAX_SLEEP_AVG) -
        MAX_BONUS / 2;
    const s32 prio = static_cast<s32>(task.static_prio) - bonus;
    const s32 highest = MAX_RT_PRIO, lowest = MAX_PRIO - 1;
    return static_cast<u8>(prio < highest ? highest : prio > lowest ? lowest : prio);
}

void runqueue::activate(sched_entity& task, u32 slept) {
    const u32 avg = task.sleep_avg + min_of(slept, MAX_SLEEP_AVG);
    task.sleep_avg = static_cast<u16>(min_of(avg, MAX_SLEEP_AVG));
    task.prio = effective_prio(task);
    active_->enqueue_task(task);
}

void runqueue::deactivate(sched_entity& task) {
    kassert(task.array, "a task that is not runnable is taken off the run queue");
    task.array->dequeue_task(task);
}

sched_entity* runqueue::pick_next() {
    if (active_->nr_active() == 0) {
        prio_array* const now_active = expired_;
        expired_ = active_;
        active_ = now_active;
    }
    return active_->first();
}

void runqueue::expire(sched_entity& task) {
    task.array->dequeue_task(task);
    task.prio = effective_prio(task);
    expired_->enqueue_task(task);
}

bool runqueue::tick(sched_entity& running) {
    if (running.sleep_avg > 0) --running.sleep_avg;
    if (running.array != active_) return true;
    if (running.time_slice > 1) {
        --running.time_slice;
        return false;
    }
    running.time_slice = task_timeslice(running.static_prio);
    expire(running);
    return true;
}

void runqueue::yield(sched_entity& running) {
    if (running.array == active_) expire(running);
}

void runqueue::set_nice(sched_entity& task, s32 nice) {
    kassert(nice >= NICE_MIN && nice <= NICE_MAX, "there is no niceness {}", nice);
    prio_array* const where = task.array;
    if (where) where->dequeue_task(task);
    task.static_prio = nice_to_prio(nice);
    task.time_slice = min_of(task.time_slice, task_timeslice(task.static_prio));
    task.prio = effective_prio(task);
    if (where) where->enqueue_task(task);
}

void runqueue::check_invariants() const {
    kassert(active_ != expired_, "runqueue: one array is both");
    for (const prio_array& array : arrays_) {
        array.check_invariants();
        array.for_each([](const sched_entity& task) {
            kassert(task.time_slice >= least_slice &&
                        task.time_slice <= task_timeslice(task.static_prio),
                    "runqueue I2: {} ticks are left to a task of static_prio {}",
                    task.time_slice, task.static_prio);
        });
    }
}

void split_time_slice(sched_entity& parent, sched_entity& child) {
    child.static_prio = parent.static_prio;
    child.sleep_avg = parent.sleep_avg;
    child.time_slice = (parent.time_slice + 1) / 2;
    parent.time_slice = max_of(parent.time_slice / 2, least_slice);
    child.prio = effective_prio(child);
    child.array = nullptr;
}

void return_time_slice(sched_entity& parent, const sched_entity& child) {
    parent.time_slice = min_of(parent.time_slice + child.time_slice,
                               task_timeslice(parent.static_prio));
}
