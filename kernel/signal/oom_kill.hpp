// Memory is gone, and a program has touched an address that there is no page for. As in
// Linux, who ends is who has most, not who happened to ask next: that one waits until what
// the other had is free, and tries again. So a hog does not take the shell along, and a
// fork bomb ends by its largest, one after the other.
//
// I1: the first program is chosen only where there is no other, and kernel threads never.
// I2: nobody is chosen while what another had is being freed, by its end or by execve().
// I3: who asks goes on within ten seconds, or is killed: whoever was chosen may wait for what
//     never comes. A copy of the kernel's for who asks only ends then: the other one may wait
//     for the lock that it is made under.
//
// Left out: Linux counts page tables with the pages, and lets root weigh a program
// (oom_score_adj).
#pragma once

#include "lib/types.hpp"

struct task_struct;

// How much of all memory a program has, in thousandths: who has most is chosen.
u32 oom_score(task_struct& task);

// For the current task, in its page fault or in one of the kernel's for it; returns when it
// may try again or has to end. False: what it waited for has not come.
bool out_of_memory();
// The same, and who has waited in vain is killed.
void wait_for_memory_or_end();
