// What a program's traps and calls end with, and what its exceptions mean to it.
#include <cpu/irqflags.hpp>
#include "kernel/signal/signal.hpp"
#include "lib/sync/preempt.hpp"
#include "lib/sync/sleep.hpp"

// Interrupts go off before the last look: what comes later interrupts ring 3, and ends here
// again.
void prepare_return_to_user(trap_frame& frame) {
    for (;;) {
        local_irq_disable();
        const task_struct& task = *current_task();
        if (!has_work_before_return(task)) [[likely]]
            return;
        local_irq_enable();
        if (need_resched()) schedule();
        if (task.signal_pending || task.restore_sigmask) do_signal(frame);
    }
}
