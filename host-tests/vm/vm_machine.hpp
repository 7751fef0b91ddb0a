// What runs random programs on the host: the plain model of Linux, Loci's address spaces,
// a recording of real Linux. One process with one file; the arguments are those of the
// system calls, the answers those of vm_abi.hpp.
#pragma once

#include "host-tests/vm/vm_abi.hpp"

#include <functional>
#include <memory>

class vm_machine {
public:
    virtual ~vm_machine() = default;

    // `file`: of the program's file (its descriptor is good, and open for both), where
    // VM_MAP_ANONYMOUS does not say otherwise. The offset counts bytes.
    virtual u32 mmap(u32 address, u32 length, u32 protection, u32 flags, bool file,
                     u64 offset) = 0;
    virtual u32 munmap(u32 address, u32 length) = 0;
    virtual u32 mprotect(u32 address, u32 length, u32 protection) = 0;
    virtual u32 mremap(u32 address, u32 old_length, u32 new_length, u32 flags,
                       u32 new_address) = 0;
    virtual u32 brk(u32 address) = 0;  // as the system call: the new break, or the old one
    virtual u32 madvise(u32 address, u32 length, u32 advice) = 0;
    virtual u32 msync(u32 address, u32 length, u32 flags) = 0;
    virtual u32 mincore(u32 address, u32 length) = 0;  // mincore_answer
    virtual u32 mlock(u32 address, u32 length) = 0;
    virtual u32 mlock2(u32 address, u32 length, u32 flags) = 0;
    virtual u32 munlock(u32 address, u32 length) = 0;
    virtual u32 mlockall(u32 flags) = 0;
    virtual u32 munlockall() = 0;
    virtual u32 setrlimit(u32 resource, u32 soft) = 0;

    virtual u32 read(u32 address) = 0;
    virtual u32 write(u32 address, u8 value) = 0;
    virtual u32 execute(u32 address) = 0;  // reads the byte first

    virtual u32 pread(u32 offset) = 0;            // the byte, or VM_END_OF_FILE
    virtual u32 pwrite(u32 offset, u8 value) = 0; // 1
    virtual u32 ftruncate(u32 length) = 0;

    // Calls child with a copy of this process, which is gone when it comes back. 0, or
    // -errno and no call.
    virtual u32 fork(const std::function<void(vm_machine& child)>& child) = 0;

    virtual void maps(vm_maps& listing) = 0;

    // Throws, or fails as it likes, where the machine's own invariants do not hold.
    virtual void check_invariants() {}

    // The process ends, and gives back what it has; throws where that goes wrong. Nothing
    // is asked of the machine afterwards.
    virtual void finish() {}
};

using vm_machine_maker = std::function<std::unique_ptr<vm_machine>(const vm_layout&)>;
