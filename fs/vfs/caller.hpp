// What the file system must know of, or tell, the task that calls it. kernel/ defines these
// over its tasks and signals, the host's tests over nothing.
#pragma once

#include "lib/types.hpp"

// Its uid for files is root's.
bool caller_is_root();
// It wrote to a pipe that nobody reads any more: SIGPIPE.
void tell_broken_pipe();
// RLIMIT_FSIZE: no file of its grows beyond; ~0: no limit.
u64 file_size_limit();
// It tried to: SIGXFSZ.
void tell_file_too_large();
