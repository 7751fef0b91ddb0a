// May this code sleep? Each CPU counts what forbids it.
//
//     31      24 23   20 19     16 15              0
//     +---------+-------+---------+-----------------+
//     |  care   |   0   | hardirq |     preempt     |   a word of this CPU's
//     +---------+-------+---------+-----------------+
//          |                 |          `- preempt_disable() less preempt_enable()
//          |                 `- interrupts that are being handled, one in another
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
// Left out: counting softirqs apart (there are none), and acting on a switch that
// became due meanwhile (the scheduler's preempt_enable will).
#pragma once

#include <cpu/irqflags.hpp>
#include <cpu/percpu.hpp>
#include "lib/assert.hpp"
#include "lib/types.hpp"

inline constexpr u32 PREEMPT_MASK = 0x0000ffff;
inline constexpr u32 HARDIRQ_MASK = 0x000f0000;
inline constexpr u32 HARDIRQ_OFFSET = 0x00010000;
inline constexpr u32 PREEMPT_COUNT_MASK = 0x00ffffff;
inline constexpr u32 CARE_OFFSET = 0x01000000;

DECLARE_PER_CPU(u32, preempt_count_word);

// Set by kernel_main, once and for all, when interrupts are on.
extern bool scheduling_possible;

inline u32 preempt_count() { return this_cpu_read(preempt_count_word) & PREEMPT_COUNT_MASK; }

// For allocators: neither atomic by count, nor is anybody to be asked.
inline bool may_allocate_without_care() { return this_cpu_is_zero(preempt_count_word); }
// On this CPU, until it is taken back by -1.
inline void allocate_with_care(int change) {
    this_cpu_add(preempt_count_word, static_cast<u32>(change) * CARE_OFFSET);
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

inline bool in_interrupt() { return (preempt_count() & HARDIRQ_MASK) != 0; }
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
