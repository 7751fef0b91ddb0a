#include "kernel/sched/kthread.hpp"
#include "kernel/signal/signal.hpp"

void do_group_exit(int status) { do_exit(status); }
void exit_task(int status) { do_exit(status); }
