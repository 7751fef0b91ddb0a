// What /proc/PID/stat and status tell of a task, read at one moment. Nothing is printed while
// locks are held.
#pragma once

#include "kernel/sched/task.hpp"

struct mm_struct;

struct task_facts {
    explicit task_facts(const task_struct& task);

    char state;
    u32 ppid = 0, pgrp = 0, session = 0, tty_nr = 0;
    s32 tpgid = -1;
    u32 threads = 1;
    u32 utime = 0, stime = 0, cutime = 0, cstime = 0;
    u32 min_flt = 0, maj_flt = 0, cmin_flt = 0, cmaj_flt = 0;
    u32 nvcsw = 0, nivcsw = 0;
    signal_set pending = 0, shared_pending = 0, blocked = 0, ignored = 0, caught = 0;
};

// "R (running)": the letter, and the word.
const char* state_word(char letter);

// A task's space while it is looked at; none: it has none, or is gone.
class held_mm {
public:
    explicit held_mm(task_struct& task);
    ~held_mm();
    held_mm(const held_mm&) = delete;
    held_mm& operator=(const held_mm&) = delete;

    explicit operator bool() const { return mm_; }
    mm_struct& operator*() const { return *mm_; }
    mm_struct* operator->() const { return mm_; }

private:
    mm_struct* mm_;
};
