// Times as programs pass them, and the clocks that they name.
#pragma once

#include "fs/vfs/inode.hpp"
#include "lib/clock.hpp"
#include "lib/result.hpp"
#include "mm/vm/user_access.hpp"

struct user_timespec32 {
    s32 seconds, nanoseconds;
};
struct user_timespec64 {
    s64 seconds;
    s32 nanoseconds;
    u32 padding;  // programs leave it undefined, the kernel clears it
};
struct user_timeval {
    s32 seconds, microseconds;
};
static_assert(sizeof(user_timespec64) == 16);

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7

// In microseconds, as all of the kernel counts them; a part of one is rounded up, so that
// nobody sleeps less than he asked for. EFAULT, EINVAL: no time.
result<u64> get_user_time(user_ptr<const user_timespec32> from);
result<u64> get_user_time(user_ptr<const user_timespec64> from);
result<> put_user_time(u64 us, user_ptr<user_timespec32> to);
result<> put_user_time(u64 us, user_ptr<user_timespec64> to);

// EINVAL: there is no such clock.
result<u64> read_clock_us(u32 clock);
u64 realtime_us();
void set_realtime_us(u64 us);

// Until that moment of uptime_us(), or a signal: ERESTARTSYS.
result<> sleep_until(u64 uptime);
// How many ticks until then, rounded up; 0: it is past.
s32 ticks_until(u64 uptime);
