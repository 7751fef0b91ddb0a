// ps: every task, and what the scheduler knows of it.
#include "kernel/sched/schedule.hpp"
#include "lib/clock.hpp"
#include "lib/command.hpp"
#include "mm/vm/current_mm.hpp"

namespace {

char state_letter(const task_struct& task) {
    switch (task.state) {
        case TASK_RUNNING: return 'R';
        case TASK_INTERRUPTIBLE: return 'S';
        case TASK_UNINTERRUPTIBLE:
        case TASK_KILLABLE: return 'D';
        case TASK_STOPPED: return 'T';
        case TASK_DEAD: return 'X';
    }
    return '?';
}

// An address space is named by where its descriptor lies.
struct space_name {
    const mm_struct* mm;
};
void format_value(text_sink& out, const format_spec&, const space_name& name) {
    if (name.mm)
        format_to(out, "{:08x}", static_cast<u32>(reinterpret_cast<uintptr_t>(name.mm)));
    else
        out.write("       -");
}

u32 parent_of(const task_struct& task) {
    const lock_guard held(tasklist_lock);
    if (task.exit_state == EXIT_DEAD) return 0;
    return (task.group_leader ? *task.group_leader : task).parent->pid;
}

void print_task(text_sink& out, const task_struct& task) {
    const mm_struct* const mm = &task == current_task() ? current_mm() : task.mm;
    text_buffer<8> nice;
    if (task.pid == 0)
        nice.write("-");
    else
        format_to(nice, "{}", task_nice(task));
    format_to(out, "{:>5} {:>5} {}{} {:>3} {:>3} {:>5} {} {} {:>8} {:>8} {:>5} {}\n", task.pid,
              parent_of(task), state_letter(task), &task == current_task() ? '+' : ' ',
              task.prio, nice.view(), task.time_slice * (1000 / HZ), space_name{mm},
              space_name{task.active_mm}, task.nvcsw, task.nivcsw, task.ticks * (1000 / HZ),
              task.comm);
}

}  // namespace

REGISTER(monitor_command, ps_command) = {
    .name = "ps",
    .usage = "ps",
    .help = "all tasks: state, priority, slice, address spaces, switches, time",
    .run =
        [](command_line&, text_sink& out) {
            format_to(out, "  PID  PPID S  PRI  NI SLICE       MM ACTIVEMM "
                           "   SLEPT   FORCED    MS NAME\n");
            for (task_struct* task = next_task(0); task;) {
                const u32 pid = task->pid;
                print_task(out, *task);
                put_task_struct(*task);
                task = next_task(pid + 1);
            }
            format_to(out, "{} tasks, {} want to run, {} switches so far\n", nr_tasks(),
                      nr_running(), nr_context_switches());
            return 0;
        },
};
