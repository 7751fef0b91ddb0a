#include "lib/sync/softirq.hpp"

#include "lib/assert.hpp"

DEFINE_PER_CPU(u32, softirqs_pending) = {0};

namespace {

// An interrupt does not keep a task waiting for longer than that many rounds.
constexpr u32 most_rounds = 10;

void (*actions[NR_SOFTIRQS])();
DEFINE_PER_CPU(u32, counts)[NR_SOFTIRQS];
void (*wake_helper)();

u32 take_pending() {
    const irq_state before = local_irq_save();
    const u32 pending = this_cpu_read(softirqs_pending);
    this_cpu_write(softirqs_pending, 0);
    local_irq_restore(before);
    return pending;
}

void run_actions(u32 pending) {
    for (u32 number = 0; number < NR_SOFTIRQS; ++number) {
        if (!(pending >> number & 1)) continue;
        this_cpu_add(counts[number], 1);
        actions[number]();
    }
}

}  // namespace

void open_softirq(softirq number, void (*action)()) {
    kassert(!actions[number] || actions[number] == action, "softirq {} is somebody's",
            softirq_name(number));
    actions[number] = action;
}

void set_softirq_helper(void (*wake)()) { wake_helper = wake; }

void raise_softirq(softirq number) {
    kassert(actions[number], "softirq {} is raised and nobody's", softirq_name(number));
    const irq_state before = local_irq_save();
    this_cpu_write(softirqs_pending, this_cpu_read(softirqs_pending) | 1u << number);
    local_irq_restore(before);
    if (!in_interrupt() && irqs_enabled()) do_softirq();
}

// Interrupts are as they were when it returns, and on in between.
void do_softirq() {
    if (in_interrupt()) return;
    const irq_state before = local_irq_state();
    this_cpu_add(preempt_count_word, SOFTIRQ_OFFSET);
    for (u32 round = 0; round < most_rounds; ++round) {
        const u32 pending = take_pending();
        if (pending == 0) break;
        local_irq_enable();
        run_actions(pending);
        local_irq_disable();
    }
    this_cpu_add(preempt_count_word, -SOFTIRQ_OFFSET);
    local_irq_restore(before);
    if (softirq_pending() && wake_helper) wake_helper();
}

void local_bh_enable() {
    kassert((preempt_count() & SOFTIRQ_MASK) != 0, "softirqs are enabled, the count is {:#x}",
            preempt_count());
    this_cpu_add(preempt_count_word, -SOFTIRQ_OFFSET);
    if (softirq_pending() && !in_interrupt() && irqs_enabled()) do_softirq();
    preempt_check_resched();
}

u32 softirq_count(softirq number) {
    u32 sum = 0;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) sum += per_cpu(counts[number], cpu);
    return sum;
}

const char* softirq_name(softirq number) {
    return number == TIMER_SOFTIRQ ? "TIMER" : number == TASKLET_SOFTIRQ ? "TASKLET" : "?";
}
