// Numbers for tasks: the next one that is free, so that a number comes back late, when who
// remembered it has long forgotten. After the last one it goes on at RESERVED_PIDS, as Linux
// does: the low ones are of tasks that last.
//
// I1: a bit is set exactly while its number is in use. 0 always is: the idle task's.
#pragma once

#include "lib/bitmap.hpp"
#include "lib/spinlock.hpp"

#include <optional>

inline constexpr u32 PID_MAX = 32768;
inline constexpr u32 RESERVED_PIDS = 300;

class pid_map {
public:
    // Numbers below `end`: more than RESERVED_PIDS, at most PID_MAX.
    constexpr explicit pid_map(u32 end = PID_MAX) : end_(end) { words_[0] = 1; }

    // Nothing: all are in use.
    std::optional<u32> alloc() EXCLUDES(lock_);
    void free(u32 pid) EXCLUDES(lock_);
    u32 in_use() EXCLUDES(lock_);

private:
    bitmap used_locked() REQUIRES(lock_) { return {words_, end_}; }

    irq_spinlock lock_{"pids"};
    u32 last_ GUARDED_BY(lock_) = 0;
    u32 end_;
    bitmap::word words_[bitmap::words_for(PID_MAX)] GUARDED_BY(lock_) = {};
};
