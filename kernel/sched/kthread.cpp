#include "kernel/sched/kthread.hpp"

#include "kernel/sched/schedule.hpp"
#include "kernel/time/timer.hpp"
#include "lib/sync/wait_queue.hpp"
#include "mm/map/kernel_stack.hpp"

namespace {

[[noreturn]] void run_thread(void*) {
    task_struct& me = *current_task();
    me.exit_code = me.should_stop ? EINTR : me.function(me.data);
    do_exit();
}

}  // namespace

result<task_struct*> kthread_create(int (*function)(void*), void* data,
                                    std::string_view name) {
    const auto made = new_task(name, PF_KTHREAD);
    if (!made) return made;
    task_struct& thread = **made;
    thread.function = function;
    thread.data = data;
    thread.slept_since = jiffies();
    prepare_thread(thread.thread, thread.stack, THREAD_SIZE, run_thread, nullptr);
    const irq_state before = local_irq_save();  // the tick changes slices
    split_time_slice(*current_task(), thread);
    local_irq_restore(before);
    return made;
}

result<task_struct*> kthread_run(int (*function)(void*), void* data, std::string_view name) {
    const auto thread = kthread_create(function, data, name);
    if (thread) wake_up_process(**thread);
    preempt_check_resched();
    return thread;
}

bool kthread_should_stop() { return current_task()->should_stop; }

int kthread_stop(task_struct& thread) {
    might_sleep("kthread_stop");
    get_task_struct(thread);
    thread.should_stop = true;
    wake_up_process(thread);
    thread.exited.wait();
    const int status = thread.exit_code;
    const irq_state before = local_irq_save();
    return_time_slice(*current_task(), thread);
    local_irq_restore(before);
    reap_dead_tasks();
    put_task_struct(thread);
    return status;
}

void do_exit() {
    kassert(!in_atomic(), "task {} ends with preempt_count {:#x}", current_task()->pid,
            preempt_count());
    schedule_for_ever();
}
