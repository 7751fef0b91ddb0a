// May this code sleep? Each CPU counts what forbids it.
//
//     31      24 23     20 19     16 15              0
//     +---------+---------+---------+-----------------+
//     |  care   | softirq | hardirq |     preempt     |   a word of this CPU's
//     +---------+---------+---------+-----------------+
//          |         |         |          `- preempt_disable() less preempt_enable()
//          |         |         `- interrupts that are being handled, one in another
//          |         `- softirqs run (lib/sync/softirq.hpp), or are kept from running
//          `- who wants to be asked before each allocation (lib/fault_injection)
//
// The lower 24 bits are the preempt_count. The highest are here so that whoever hands
// out memory learns of both, rare as they are, by one look at the word.
//
// Sleeping gives the CPU to somebody else. In an interrupt there is nobody to come
// back to; with preemption or interrupts off, somebody relies on staying here. That
// state is called atomic. What may sleep says so at its beginning, also where this
// time it does not, so that the mistake is found at once and not under load:
//
//     might_sleep("kmalloc");
//
// I1: preempt_enable() and irq_exit() follow a call of their counterpart on the
//     same CPU, and undo the last one.
// I2: while a CPU's count is not 0, what runs on it stays on it.
//
// Reports go through a reporter that tests replace. Nothing is reported before there
// is anything to switch to: scheduling_possible says when.
//
// A switch that becomes due while it is forbidden is noted in need_resched, and made at the
// next place where it may be: the preempt_enable() that makes the count 0, the end of an
// interrupt, or where something was woken. Spinlocks keep interrupts off instead of
// counting; a switch that became due under one waits for the next of these places, at the
// latest the tick.
#pragma once

#include <cpu/irqflags.hpp>
#include <cpu/percpu.hpp>
#include "lib/assert.hpp"
#include "lib/types.hpp"

inline constexpr u32 PREEMPT_MASK = 0x0000ffff;
inline constexpr u32 HARDIRQ_MASK = 0x000f0000;
inline constexpr u32 HARDIRQ_OFFSET = 0x00010000;
inline constexpr u32 SOFTIRQ_MASK = 0x00f00000;
inline constexpr u32 SOFTIRQ_OFFSET = 0x00100000;
inline constexpr u32 PREEMPT_COUNT_MASK = 0x00ffffff;
inline constexpr u32 CARE_OFFSET = 0x01000000;

DECLARE_PER_CPU(u32, preempt_count_word);

// Not 0: somebody of higher priority should run here, or this task's time is over.
DECLARE_PER_CPU(u32, need_resched_of_cpu);
inline bool need_resched() { return !this_cpu_is_zero(need_resched_of_cpu); }

// Set by kernel_main, once and for all, when interrupts are on and there are tasks.
extern bool scheduling_possible;

inline u32 preempt_count() { return this_cpu_read(preempt_count_word) & PREEMPT_COUNT_MASK; }

// For allocators: neither atomic by count, nor is anybody to be asked.
inline bool may_allocate_without_care() { return this_cpu_is_zero(preempt_count_word); }
// On this CPU, until it is taken back by -1.
inline void allocate_with_care(int change) {
    this_cpu_add(preempt_count_word, static_cast<u32>(change) * CARE_OFFSET);
}

// The scheduler's: gives the CPU away, in a place where it may be.
void preempt_schedule();

// If a switch is due, and nothing forbids it here.
inline void preempt_check_resched() {
    if (__builtin_expect(need_resched(), 0) && preempt_count() == 0 && irqs_enabled())
        preempt_schedule();
}

inline void preempt_disable() {
    this_cpu_add(preempt_count_word, 1);
    asm volatile("" ::: "memory");
}

inline void preempt_enable() {
    asm volatile("" ::: "memory");
    kassert((preempt_count() & PREEMPT_MASK) != 0, "preempt I1: count {:#x} is enabled",
            preempt_count());
    this_cpu_add(preempt_count_word, ~u32{0});
    preempt_check_resched();
}

// For whoever dispatches interrupts, round each of them.
inline void irq_enter() {
    kassert((preempt_count() & HARDIRQ_MASK) != HARDIRQ_MASK, "interrupts nest too deep: {:#x}",
            preempt_count());
    this_cpu_add(preempt_count_word, HARDIRQ_OFFSET);
}

inline void irq_exit() {
    kassert((preempt_count() & HARDIRQ_MASK) != 0, "preempt I1: count {:#x} leaves an interrupt",
            preempt_count());
    this_cpu_add(preempt_count_word, -HARDIRQ_OFFSET);
}

inline bool in_hardirq() { return (preempt_count() & HARDIRQ_MASK) != 0; }
inline bool in_interrupt() {
    return (preempt_count() & (HARDIRQ_MASK | SOFTIRQ_MASK)) != 0;
}
inline bool in_atomic() { return preempt_count() != 0 || !irqs_enabled(); }

// What forbids sleeping: at least one of these.
struct atomic_context {
    bool interrupt;
    u32 preempt_count;  // of preempt_disable alone
    bool irqs_off;

    bool operator==(const atomic_context&) const = default;
};
// "in an interrupt", "preempt_count 2", "interrupts off": the strongest reason.
void format_value(text_sink& out, const format_spec& spec, const atomic_context& context);

// The usual one logs a line and a backtrace, at a limited rate.
using sleep_reporter = void (*)(const char* what, const atomic_context& context);
sleep_reporter set_sleep_reporter(sleep_reporter reporter);

void report_sleep_in_atomic(const char* what);

// `what`: the function that may sleep.
inline void might_sleep(const char* what) {
    if (__builtin_expect(in_atomic(), 0) && scheduling_possible) report_sleep_in_atomic(what);
}
