// A recording of what real Linux answered to random programs (tools/vm-linux/record), and
// a machine that answers from it.
#pragma once

#include "host-tests/vm/vm_machine.hpp"
#include "host-tests/vm/vm_trace.hpp"

#include <string>
#include <vector>

struct vm_recorded_program {
    u64 seed = 0;
    std::string answers;
};

struct vm_recording {
    std::string description;  // which Linux, on what
    u32 steps = 0;            // of each program
    vm_layout layout;
    std::vector<vm_recorded_program> programs;
};

// Of those in host-tests/vm/recordings: "pae", "nopae" or "amd64". Tests run at the root of
// the tree.
std::string vm_recording_path(const std::string& kernel);

// Throws std::runtime_error where the file is not there, or is no recording.
vm_recording read_vm_recording(const std::string& path);

// The world of the recordings as the newest Linux 6.1 finds it, with NX or without: what
// machines start from that are compared with each other.
vm_layout usual_vm_layout(bool no_execute);

// Answers as Linux did, for as long as it is asked what Linux was asked.
class recorded_machine final : public vm_machine {
public:
    recorded_machine(const vm_layout& layout, const vm_recorded_program& program);

    bool at_end() const { return reader_.at_end(); }

    u32 mmap(u32 address, u32, u32, u32, bool, u64) override { return next(address); }
    u32 munmap(u32 address, u32) override { return next(address); }
    u32 mprotect(u32 address, u32, u32) override { return next(address); }
    u32 mremap(u32 address, u32, u32, u32, u32) override { return next(address); }
    u32 brk(u32 address) override { return next(address); }
    u32 madvise(u32 address, u32, u32) override { return next(address); }
    u32 msync(u32 address, u32, u32) override { return next(address); }
    u32 mincore(u32 address, u32) override { return next(address); }
    u32 mlock(u32 address, u32) override { return next(address); }
    u32 mlock2(u32 address, u32, u32) override { return next(address); }
    u32 munlock(u32 address, u32) override { return next(address); }
    u32 mlockall(u32) override { return next(0); }
    u32 munlockall() override { return next(0); }
    u32 setrlimit(u32, u32) override { return next(0); }
    u32 read(u32 address) override { return next(address); }
    u32 write(u32 address, u8) override { return next(address); }
    u32 execute(u32 address) override { return next(address); }
    u32 pread(u32) override { return next(0); }
    u32 pwrite(u32, u8) override { return next(0); }
    u32 ftruncate(u32) override { return next(0); }
    u32 fork(const std::function<void(vm_machine&)>& child) override;
    void maps(vm_maps& listing) override;

    // The next answer, to an operation at that address; the next listing.
    u32 next(u32 address);
    void next_maps(const vm_maps& before, vm_maps& now);

private:
    vm_trace_reader reader_;
    vm_maps maps_;
};
