// The host has no tasks that /proc could show.
#include "fs/proc/proc_task.hpp"

task_struct* proc_get_task(u32) { return nullptr; }
void proc_put_task(task_struct&) {}
proc_task_facts proc_facts(const task_struct&) { return {}; }
proc_task_facts proc_self() { return {}; }
bool proc_may_look(const task_struct&) { return false; }
u32 proc_next_program(u32) { return 0; }
u32 proc_next_thread(u32, u32) { return 0; }
result<u32> proc_next_descriptor(task_struct&, u32) { return err{EBADF}; }
result<proc_descriptor> proc_describe(task_struct&, u32) { return err{EBADF}; }
