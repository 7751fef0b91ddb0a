// One operation of a random program: a system call, or an access, with its arguments.
#pragma once

#include "host-tests/vm/vm_abi.hpp"

enum class vm_op : u8 {
    mmap,
    munmap,
    mprotect,
    mremap,
    brk,
    madvise,
    msync,
    mincore,
    mlock,
    mlock2,
    munlock,
    mlockall,
    munlockall,
    setrlimit,
    fork,
    read,
    write,
    execute,
    pread,
    pwrite,
    ftruncate,
};
constexpr u32 VM_OPS = static_cast<u32>(vm_op::ftruncate) + 1;

constexpr const char* vm_op_names[VM_OPS] = {
    "mmap",     "munmap",     "mprotect",  "mremap", "brk",  "madvise", "msync",
    "mincore",  "mlock",      "mlock2",    "munlock",
    "mlockall", "munlockall", "setrlimit", "fork",
    "read",     "write",      "execute",   "pread",  "pwrite", "ftruncate",
};

// One operation; each uses the fields that it has arguments for.
struct vm_operation {
    vm_op op = vm_op::munlockall;
    bool file = false;      // mmap: of the file, not anonymous
    u8 value = 0;           // write, pwrite
    u32 address = 0;
    u32 length = 0;         // mremap: old_size; ftruncate: the file's new one
    u32 protection = 0;
    u32 flags = 0;          // madvise: the advice; setrlimit: the resource; fork: steps
    u32 new_address = 0;
    u32 new_length = 0;     // mremap: new_size; setrlimit: the limit
    u64 offset = 0;         // into the file, in bytes
};
