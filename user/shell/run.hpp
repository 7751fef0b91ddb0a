// Pipelines are run: a process a command, a pipe between each two.
//
//     cat FILE | sort | head          sh --fork--> cat   1 --pipe--> 0   sort ... head
//                                        --wait4 for all of them; $? is the last one's
//
// At a terminal, each pipeline is a group of processes, and the terminal is told which one
// is in front: Ctrl-C and Ctrl-Z go to that group alone, and the shell takes the terminal
// back afterwards. What & puts behind, and scripts as a whole, keep the shell's group.
#pragma once

#include "user/shell/syntax.hpp"

// To be called once. Whether the shell talks to a terminal.
void jobs_on(bool interactive);
// Runs all; $? is the last one's afterwards.
void run_all(const pipeline* first, arena& memory);

// Background processes that ended are buried.
void bury_background();
// Waits for one process, or with 0 for all.
int wait_for_background(int pid);
// Brings the group that was stopped last to the front again.
int continue_stopped();
// Ends in that program's place; returns the status to end with if there is none.
int become(char** words, arena& memory);
