// What an area allows and how it behaves: vm_flags, with Linux's values, so that dumps
// can be compared; and the numbers of the system calls that make areas.
#pragma once

#include "lib/types.hpp"

enum : u32 {
    VM_NONE = 0,
    VM_READ = 0x1,
    VM_WRITE = 0x2,
    VM_EXEC = 0x4,
    VM_SHARED = 0x8,
    // mprotect() may set the flag of the same name.
    VM_MAYREAD = 0x10,
    VM_MAYWRITE = 0x20,
    VM_MAYEXEC = 0x40,
    VM_MAYSHARE = 0x80,

    VM_GROWSDOWN = 0x100,   // a stack: a touch below it makes it larger
    VM_PFNMAP = 0x400,      // frames without a struct page that counts (devices)
    VM_LOCKED = 0x2000,
    VM_IO = 0x4000,
    VM_SEQ_READ = 0x8000,
    VM_RAND_READ = 0x10000,
    VM_DONTCOPY = 0x20000,  // fork leaves it out
    VM_DONTEXPAND = 0x40000,
    VM_LOCKONFAULT = 0x80000,
    VM_ACCOUNT = 0x100000,  // is counted in vm_committed
    VM_NORESERVE = 0x200000,
    VM_SYNC = 0x800000,     // of MAP_SYNC: says nothing here, but keeps areas apart
    VM_WIPEONFORK = 0x2000000,
    VM_DONTDUMP = 0x4000000,

    VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC,
    VM_LOCKED_MASK = VM_LOCKED | VM_LOCKONFAULT,
    // Areas that have one of these are not merged with others.
    VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP,
};

enum : u32 {
    PROT_NONE = 0,
    PROT_READ = 0x1,
    PROT_WRITE = 0x2,
    PROT_EXEC = 0x4,
    PROT_SEM = 0x8,
    PROT_GROWSDOWN = 0x01000000,
    PROT_GROWSUP = 0x02000000,
};

enum : u32 {
    MAP_SHARED = 0x01,
    MAP_PRIVATE = 0x02,
    MAP_SHARED_VALIDATE = 0x03,
    MAP_TYPE = 0x0f,
    MAP_FIXED = 0x10,
    MAP_32BIT = 0x40,
    MAP_ANONYMOUS = 0x20,
    MAP_GROWSDOWN = 0x0100,
    MAP_DENYWRITE = 0x0800,
    MAP_EXECUTABLE = 0x1000,
    MAP_LOCKED = 0x2000,
    MAP_NORESERVE = 0x4000,
    MAP_POPULATE = 0x8000,
    MAP_NONBLOCK = 0x10000,
    MAP_STACK = 0x20000,
    MAP_HUGETLB = 0x40000,
    MAP_SYNC = 0x80000,
    MAP_FIXED_NOREPLACE = 0x100000,
    MAP_HUGE_MASK = 0x3fu << 26,  // which size of large pages

    // What the kernels before MAP_SHARED_VALIDATE knew, or ignored without a word.
    LEGACY_MAP_MASK = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE |
                      MAP_EXECUTABLE | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE |
                      MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT |
                      (MAP_HUGE_MASK & 31u << 26),
};

enum : u32 { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4 };
enum : u32 { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };
enum : u32 { MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 };
enum : u32 { MLOCK_ONFAULT = 1 };

enum : u32 {
    MADV_NORMAL = 0,
    MADV_RANDOM = 1,
    MADV_SEQUENTIAL = 2,
    MADV_WILLNEED = 3,
    MADV_DONTNEED = 4,
    MADV_FREE = 8,
    MADV_REMOVE = 9,
    MADV_DONTFORK = 10,
    MADV_DOFORK = 11,
    MADV_DONTDUMP = 16,
    MADV_DODUMP = 17,
    MADV_WIPEONFORK = 18,
    MADV_KEEPONFORK = 19,
    MADV_COLD = 20,
    MADV_PAGEOUT = 21,
    MADV_POPULATE_READ = 22,
    MADV_POPULATE_WRITE = 23,
    MADV_DONTNEED_LOCKED = 24,
};
