// System V shared memory: segments that have a key and a number, and stay until somebody
// removes them.
//
//     shmget(key) ----> segment: memory_file         who may, how large, times
//                          ^
//     shmat(id) ---> shm_file of this attachment <--- vm_file of its areas
//
// I1: shm_nattch is how many areas show the segment: a fork adds one, and so does a split.
// I2: a segment that was removed (IPC_RMID) is found by nobody's key, and goes with its last
//     area.
//
// Left out: SHM_HUGETLB, and swapping by SHM_LOCK (there is none, so nothing is to lock).
#pragma once

#include "lib/types.hpp"

// For /proc/sysvipc and tests: segments there are, and pages that they may have in all.
u32 shm_segments();
