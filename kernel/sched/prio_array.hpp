// Who may run, by priority: 140 queues and a bit for each that is not empty. To find the
// first of the highest priority takes as long for one task as for a thousand: the lowest bit
// of five words.
//
//     bitmap   0 0 1 0 ... 1 ... 0
//                  |       `------------- queue 120:  task -> task -> task
//                  `--------------------- queue 2:    task
//
// 0 is the highest priority, MAX_PRIO - 1 the lowest. Within one, first come first served.
//
// I1: bit p is set exactly while queue p has somebody.
// I2: who is in queue p has prio p, and its `array` says that it is here.
// I3: nr_active is how many are in all queues.
#pragma once

#include "lib/bitmap.hpp"
#include "lib/list.hpp"
#include "lib/types.hpp"

inline constexpr u32 MAX_RT_PRIO = 100;  // below: real time; from here on: by niceness
inline constexpr u32 MAX_PRIO = 140;

class prio_array;

// What a task is to the run queue.
struct sched_entity {
    u8 prio = MAX_RT_PRIO + 20;         // where it queues
    u8 static_prio = MAX_RT_PRIO + 20;  // 120 + nice
    u16 sleep_avg = 0;                  // ticks slept more than run, of late (runqueue.hpp)
    u32 time_slice = 1;                 // ticks that are left to it
    prio_array* array = nullptr;        // null: it is in no queue
    list_head run_list{};
};

class prio_array {
public:
    constexpr prio_array() = default;
    prio_array(const prio_array&) = delete;
    prio_array& operator=(const prio_array&) = delete;

    void enqueue_task(sched_entity& task);
    void dequeue_task(sched_entity& task);
    // Behind the others of its priority.
    void requeue_task(sched_entity& task) { queues_[task.prio].move_to_back(task); }

    // The one to run first; null: there is nobody.
    sched_entity* first() const;
    u32 nr_active() const { return nr_active_; }

    template <class Visit>
    void for_each(Visit visit) const {
        for (const auto& queue : queues_)
            for (const sched_entity& task : queue) visit(task);
    }
    void check_invariants() const;

private:
    bitmap set() const { return {const_cast<bitmap::word*>(words_), MAX_PRIO}; }

    u32 nr_active_ = 0;
    bitmap::word words_[bitmap::words_for(MAX_PRIO)] = {};
    list<sched_entity, &sched_entity::run_list> queues_[MAX_PRIO];
};
