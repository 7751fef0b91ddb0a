// What the files of address_space_model.cpp share: flags of areas, limits, errnos. Flags
// below 8 are protections, as in VM_PROT_*.
#pragma once

#include "host-tests/vm/vm_abi.hpp"

constexpr u32 AREA_READ = 1, AREA_WRITE = 2, AREA_EXEC = 4, AREA_ACCESS = 7;
constexpr u32 AREA_SHARED = 1 << 3, AREA_GROWSDOWN = 1 << 4;
constexpr u32 AREA_LOCKED = 1 << 5, AREA_LOCKONFAULT = 1 << 6;
constexpr u32 AREA_LOCKS = AREA_LOCKED | AREA_LOCKONFAULT;
constexpr u32 AREA_SEQUENTIAL = 1 << 7, AREA_RANDOM = 1 << 8;
constexpr u32 AREA_DONTCOPY = 1 << 9, AREA_WIPEONFORK = 1 << 10;
// Counted as memory that may be written; never counted.
constexpr u32 AREA_ACCOUNT = 1 << 11, AREA_NORESERVE = 1 << 12;
constexpr u32 AREA_SYNC = 1 << 13;

constexpr u32 MAX_AREAS = 65530;
constexpr u32 GUARD_GAP = 256 * 4096;

// Where the room below an area ends: a stack keeps its guard gap.
constexpr u32 gap_below(u32 start, u32 flags) {
    if ((flags & AREA_GROWSDOWN) == 0) return start;
    return start > GUARD_GAP ? start - GUARD_GAP : 0;
}

// Flags that MAP_SHARED_VALIDATE finds good: neither SYNC nor FIXED_NOREPLACE.
constexpr u32 MAP_KNOWN = VM_MAP_SHARED_VALIDATE | VM_MAP_FIXED | VM_MAP_ANONYMOUS |
                          VM_MAP_GROWSDOWN | VM_MAP_LOCKED | VM_MAP_NORESERVE |
                          VM_MAP_POPULATE | VM_MAP_NONBLOCK;

constexpr u32 EPERM_ = 1, EAGAIN_ = 11, ENOMEM_ = 12, EACCES_ = 13, EFAULT_ = 14;
constexpr u32 EBUSY_ = 16, EEXIST_ = 17;
constexpr u32 EINVAL_ = 22, EOVERFLOW_ = 75, EOPNOTSUPP_ = 95;

constexpr u32 error(u32 number) { return 0 - number; }
constexpr bool is_error(u32 answer) { return answer > 0xfffff000; }
