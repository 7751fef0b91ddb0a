#include "kernel/sched/schedule.hpp"

#include <cpu/irqflags.hpp>
#include "kernel/time/timer.hpp"
#include "lib/log.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

constinit task_struct init_task;
DEFINE_PER_CPU(task_struct*, current_task_of_cpu) = {&init_task};

namespace {

struct cpu_runqueue {
    irq_spinlock lock{"the run queue"};
    runqueue queue GUARDED_BY(lock);
    u32 switches GUARDED_BY(lock) = 0;
    mm_struct* borrowed GUARDED_BY(lock) = nullptr;  // by the task that runs
    mm_struct* no_longer_borrowed GUARDED_BY(lock) = nullptr;
};

constinit cpu_runqueue runqueues[NR_CPUS];
constinit bool started = false;

cpu_runqueue& this_rq() { return runqueues[smp_processor_id()]; }
bool is_idle(const task_struct& task) { return &task == &init_task; }
// What ends a program is pending in each of its threads as SIGKILL.
bool fatal_signal_pending_of(const task_struct& task) {
    return task.signal_pending && (task.pending.signal & sigmask(SIGKILL));
}
task_struct& task_of(thread_struct& thread) {
    return *container_of<&task_struct::thread>(&thread);
}

void set_need_resched() { this_cpu_write(need_resched_of_cpu, 1); }

bool signal_pending_in(u32 state, const task_struct& task) {
    if (state == TASK_INTERRUPTIBLE) return task.signal_pending;
    return (state & TASK_WAKEKILL) && fatal_signal_pending_of(task);
}

// Whoever wants to sleep does, unless a signal ends that at once.
void leave_queue_locked(cpu_runqueue& rq, task_struct& task) REQUIRES(rq.lock) {
    if (signal_pending_in(task.state, task)) {
        task.state = TASK_RUNNING;
        return;
    }
    kassert(!is_idle(task), "the idle task wants to sleep, in state {}", u32{task.state});
    task.slept_since = jiffies();
    rq.queue.deactivate(task);
}

task_struct& pick_next_locked(cpu_runqueue& rq) REQUIRES(rq.lock) {
    sched_entity* const next = rq.queue.pick_next();
    return next ? *static_cast<task_struct*>(next) : init_task;
}

// Interrupts are off: `current_mm()` is prev's until here, and next's from here on.
void switch_mm_locked(cpu_runqueue& rq, task_struct& prev, task_struct& next)
    REQUIRES(rq.lock) {
    prev.mm = prev.active_mm = current_mm();
    rq.no_longer_borrowed = rq.borrowed;
    rq.borrowed = nullptr;
    if (next.mm) {
        use_mm(next.mm);
        next.active_mm = next.mm;
    } else {
        next.active_mm = rq.borrowed = borrow_mm();
        if (rq.borrowed) mmgrab(*rq.borrowed);
    }
}

// In the task that has come; the lock was taken by the one that went (I1).
void finish_task_switch(cpu_runqueue& rq, task_struct& prev) NO_THREAD_SAFETY_ANALYSIS {
    mm_struct* const mm = rq.no_longer_borrowed;
    rq.no_longer_borrowed = nullptr;
    rq.lock.unlock();
    if (mm) mmdrop(*mm);
    if (prev.state == TASK_DEAD) task_is_dead(prev);
}

enum class reason : u8 { asked_to, preempted };

// Interrupts are off, and off again when it is this task's turn.
void switch_tasks(reason why) NO_THREAD_SAFETY_ANALYSIS {
    cpu_runqueue& rq = this_rq();
    task_struct& prev = *current_task();
    rq.lock.lock();
    this_cpu_write(need_resched_of_cpu, 0);
    if (why == reason::asked_to && prev.state != TASK_RUNNING) leave_queue_locked(rq, prev);
    task_struct& next = pick_next_locked(rq);
    if (&next == &prev) return rq.lock.unlock();
    ++rq.switches;
    ++(why == reason::preempted ? prev.nivcsw : prev.nvcsw);
    switch_mm_locked(rq, prev, next);
    this_cpu_write(current_task_of_cpu, &next);
    thread_struct& before = switch_to(prev.thread, next.thread);
    finish_task_switch(this_rq(), task_of(before));
}

}  // namespace

extern "C" void schedule_tail(thread_struct* before) {
    finish_task_switch(this_rq(), task_of(*before));
    local_irq_enable();
}

void schedule() {
    task_struct& task = *current_task();
    kassert(started || task.state == TASK_RUNNING,
            "to sleep is a bug: there are no tasks yet, and nobody could wake this one");
    kassert(!in_atomic(), "task {} ({}) sleeps where it must not: preempt_count {:#x}", task.pid,
            task.comm, preempt_count());
    local_irq_disable();
    switch_tasks(reason::asked_to);
    local_irq_enable();
}

// It may have become due again meanwhile.
void preempt_schedule() {
    do {
        local_irq_disable();
        switch_tasks(reason::preempted);
        local_irq_enable();
    } while (need_resched());
}

void preempt_schedule_irq() { switch_tasks(reason::preempted); }

void schedule_for_ever() {
    local_irq_disable();
    current_task()->state = TASK_DEAD;
    switch_tasks(reason::asked_to);
    panic("task {} ({}) runs after its end", current_task()->pid, current_task()->comm);
}

void set_current_state(u32 state) { current_task()->state = state; }
bool signal_pending() { return current_task()->signal_pending; }
bool fatal_signal_pending() { return fatal_signal_pending_of(*current_task()); }

bool try_to_wake_up(task_struct& task, u32 states) {
    cpu_runqueue& rq = this_rq();
    const lock_guard held(rq.lock);
    if (!(task.state & states)) return false;
    task.state = TASK_RUNNING;
    if (task.array) return true;  // it was about to sleep
    rq.queue.activate(task, jiffies() - task.slept_since);
    task_struct& running = *current_task();
    if (is_idle(running) || runqueue::preempts(task, running)) set_need_resched();
    return true;
}

void scheduler_tick() {
    task_struct& task = *current_task();
    ++task.ticks;
    const trap_frame* const interrupted = current_trap_frame();
    ++(interrupted && interrupted->from_user() ? task.utime : task.stime);
    cpu_runqueue& rq = this_rq();
    const lock_guard held(rq.lock);
    if (is_idle(task) ? rq.queue.nr_running() > 0 : rq.queue.tick(task)) set_need_resched();
}

void yield() {
    task_struct& task = *current_task();
    if (!is_idle(task)) {
        cpu_runqueue& rq = this_rq();
        const lock_guard held(rq.lock);
        rq.queue.yield(task);
    }
    schedule();
}

void set_user_nice(task_struct& task, s32 nice) {
    {
        cpu_runqueue& rq = this_rq();
        const lock_guard held(rq.lock);
        rq.queue.set_nice(task, nice);
        set_need_resched();
    }
    preempt_check_resched();
}

// g++ 12 leaves lists zero that are elements of a static array.
void sched_init() {
    for (cpu_runqueue& rq : runqueues) new (&rq) cpu_runqueue;
    started = true;
}

// Interrupts go off before the last look, and on in the instruction that halts: no wakeup
// is lost between the two.
void cpu_idle() {
    for (;;) {
        reap_if_nobody_does();
        tick_without_interrupts();
        local_irq_disable();
        if (need_resched() || !ticks_come())
            local_irq_enable();
        else
            wait_for_interrupt();
        schedule();
    }
}

u32 nr_context_switches() {
    u32 sum = 0;
    for (cpu_runqueue& rq : runqueues) {
        const lock_guard held(rq.lock);
        sum += rq.switches;
    }
    return sum;
}

u32 nr_running() {
    u32 sum = 0;
    for (cpu_runqueue& rq : runqueues) {
        const lock_guard held(rq.lock);
        sum += rq.queue.nr_running();
    }
    return sum;
}

void check_run_queues() {
    for (cpu_runqueue& rq : runqueues) {
        const lock_guard held(rq.lock);
        rq.queue.check_invariants();
    }
}
