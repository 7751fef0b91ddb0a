// Loci's own address spaces as a machine for random programs: the calls of mm/vm/mm.hpp,
// and accesses by the software CPU, through the page tables that they leave behind.
#pragma once

#include "host-tests/vm/linux_differences.hpp"
#include "host-tests/vm/vm_machine.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/vm/mm.hpp"

class loci_machine final : public vm_machine {
public:
    explicit loci_machine(const vm_layout& layout);
    ~loci_machine() override;

    u32 mmap(u32 address, u32 length, u32 protection, u32 flags, bool file,
             u64 offset) override;
    u32 munmap(u32 address, u32 length) override;
    u32 mprotect(u32 address, u32 length, u32 protection) override;
    u32 mremap(u32 address, u32 old_length, u32 new_length, u32 flags,
               u32 new_address) override;
    u32 brk(u32 address) override;
    u32 madvise(u32 address, u32 length, u32 advice) override;
    u32 msync(u32 address, u32 length, u32 flags) override;
    u32 mincore(u32 address, u32 length) override;
    u32 mlock(u32 address, u32 length) override;
    u32 mlock2(u32 address, u32 length, u32 flags) override;
    u32 munlock(u32 address, u32 length) override;
    u32 mlockall(u32 flags) override;
    u32 munlockall() override;
    u32 setrlimit(u32 resource, u32 soft) override;
    u32 read(u32 address) override;
    u32 write(u32 address, u8 value) override;
    u32 execute(u32 address) override;
    u32 pread(u32 offset) override;
    u32 pwrite(u32 offset, u8 value) override;
    u32 ftruncate(u32 length) override;
    u32 fork(const std::function<void(vm_machine& child)>& child) override;
    void maps(vm_maps& listing) override;
    void check_invariants() override;
    void finish() override;

    // How often it answered as Linux, where Loci does not.
    static linux_differences differences;

private:
    // A child's: the files are its parent's.
    loci_machine(mm_struct& mm, const loci_machine& parent);

    void make_area(const vm_layout& layout, const vm_maps_line& line);
    vm_backing backing_of(const vm_area_struct& area) const;

    mm_struct* mm_ = nullptr;
    memory_file* data_ = nullptr;
    memory_file* program_ = nullptr;
};
