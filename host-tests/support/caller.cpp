// The task that calls the file system: on the host it has no limits, and takes no signals.
#include "fs/vfs/caller.hpp"

void tell_broken_pipe() {}
u64 file_size_limit() { return ~u64{0}; }
void tell_file_too_large() {}
