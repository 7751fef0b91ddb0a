#include "kernel/sched/pid.hpp"

#include "lib/assert.hpp"

std::optional<u32> pid_map::alloc() {
    const lock_guard held(lock_);
    bitmap used = used_locked();
    std::optional<size_t> pid = used.find_next_zero(last_ + 1);
    if (!pid) pid = used.find_next_zero(RESERVED_PIDS);
    if (!pid) return std::nullopt;
    last_ = static_cast<u32>(*pid);
    used.set(last_);
    return last_;
}

void pid_map::free(u32 pid) {
    const lock_guard held(lock_);
    kassert(pid > 0 && pid < end_, "pid {} is freed, there are {}", pid, end_);
    kassert(used_locked().test_and_clear(pid), "pid {} is freed, but is free", pid);
}

u32 pid_map::in_use() {
    const lock_guard held(lock_);
    return static_cast<u32>(used_locked().count());
}
