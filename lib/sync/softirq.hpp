// What interrupts leave for later: softirqs, and tasklets on top of them.
//
// A handler runs with interrupts off, so it does the least that cannot wait and raises a
// softirq for the rest. Softirqs run at the end of the interrupt, with interrupts on; not in
// a task, so they do not sleep.
//
//     interrupt --> handler: raise_softirq(n) --> end of interrupt --> action of n
//                                                       |
//                   raised again and again: after a few rounds the rest is ksoftirqd's, a
//                   task, so that programs have their turn too
//
// There are few softirqs, and each is always somebody's; what a driver wants done later is a
// *tasklet*, of which there are as many as one likes.
//
// I1: on a CPU, one softirq runs at a time; none interrupts another, nor one whom
//     local_bh_disable() protects.
// I2: a softirq that was raised runs at the latest after the last of interrupt handlers,
//     local_bh_disable() sections and ksoftirqd's turn that are under way.
// I3: a tasklet runs once for any number of calls that came before it began, and never at
//     two places at once.
#pragma once

#include <cpu/percpu.hpp>
#include "lib/list.hpp"
#include "lib/spinlock.hpp"
#include "lib/sync/preempt.hpp"

enum softirq : u8 { TIMER_SOFTIRQ, TASKLET_SOFTIRQ, NR_SOFTIRQS };

// Once each, while booting. The action is called with interrupts on.
void open_softirq(softirq number, void (*action)());

// In an interrupt it runs at the end of that; else at once, as soon as I1 allows.
void raise_softirq(softirq number);

DECLARE_PER_CPU(u32, softirqs_pending);  // a bit each
inline bool softirq_pending() { return !this_cpu_is_zero(softirqs_pending); }

// At the end of an interrupt, and for ksoftirqd.
void do_softirq();

// How often the action was called.
u32 softirq_count(softirq number);
const char* softirq_name(softirq number);

// Whoever wakes ksoftirqd. Until then what is left waits for the next interrupt.
void set_softirq_helper(void (*wake)());

inline void local_bh_disable() {
    this_cpu_add(preempt_count_word, SOFTIRQ_OFFSET);
    asm volatile("" ::: "memory");
}
void local_bh_enable();

struct tasklet_struct {
    void (*func)(void* data);
    void* data = nullptr;
    list_head node{};
    atomic<bool> scheduled = false;
};

// From any context.
void tasklet_schedule(tasklet_struct& tasklet);
