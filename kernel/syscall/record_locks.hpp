// The part of fcntl() that locks ranges of files.
#pragma once

#include "kernel/syscall/files.hpp"

// fcntl() without 64 knows the older commands only.
bool is_record_lock_command(u32 command, bool knows_64);
syscall_result control_record_locks(u32 fd, open_file& file, u32 command, u32 argument);
