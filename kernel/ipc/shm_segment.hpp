// A segment of shared memory from the inside: what shm.cpp and shm_control.cpp share.
#pragma once

#include "kernel/syscall/syscall.hpp"
#include "kernel/time/user_time.hpp"
#include "lib/sync/mutex.hpp"
#include "mm/cache/memory_file.hpp"

// Among the command's bits: the structures are those of 64-bit times.
inline constexpr u32 IPC_64 = 0x100;

inline constexpr u32 most_segments = 128;
inline constexpr u32 largest_segment = 0xffffffff - (1u << 24);  // Linux's SHMMAX on i386
inline constexpr u32 segment_seq_step = 32768;

struct shm_segment {
    memory_file* memory;
    u32 key, bytes;
    u32 promised_pages;
    u32 uid, gid, cuid, cgid, mode;
    u32 id;
    u32 creator, last_pid;
    u32 atime, dtime, ctime;
    u32 nattch;
    u32 users;     // attachments' files, and the table as long as it has it
    bool removed;
};

extern mutex segments_lock;
extern shm_segment* segments[most_segments] GUARDED_BY(segments_lock);

inline u32 now_seconds() { return static_cast<u32>(realtime_us() / 1000000); }

// EINVAL: there is none with that number, or not any more.
result<shm_segment*> find_segment_locked(u32 id) REQUIRES(segments_lock);

// What the current task may do with it: `wanted` as the bits of a mode, for others.
bool may_use(const shm_segment& segment, u32 wanted);

// Nobody's area shows it, and it was removed: it is in no table any more.
void leave_table_locked(shm_segment& segment) REQUIRES(segments_lock);

// shmctl().
syscall_result control_segment(u32 id, u32 command, u32 buffer);
