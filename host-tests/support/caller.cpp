// The task that calls the file system: on the host it has no limits, and takes no signals.
// And the one program that there is, if a test says so.
#include "fs/vfs/caller.hpp"
#include "host-tests/support/caller.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/named_space.hpp"

bool host_caller_is_root = true;

bool caller_is_root() { return host_caller_is_root; }
void tell_broken_pipe() {}
u64 file_size_limit() { return ~u64{0}; }
void tell_file_too_large() {}

mm_struct* mm_of_pid_7 = nullptr;

mm_struct* get_mm_of_pid(u32 pid) {
    if (pid != 7 || !mm_of_pid_7) return nullptr;
    mmget(*mm_of_pid_7);
    return mm_of_pid_7;
}
