// The program that the monitor's commands find by the number 7; null: there is none.
#pragma once

struct mm_struct;
extern mm_struct* mm_of_pid_7;
