// init, the first program: what becomes of the task with pid 1 where the command line or the
// root file system names one. When it ends, the machine goes off with its status.
#pragma once

#include "fs/vfs/mount.hpp"

// The root file system, with what the kernel carries and what the boot loader has brought
// unpacked into it. A problem is told, and the rest goes on.
void populate_root();
// Where paths of new programs begin.
const path& root_of_all();

// `init=`, else /init. Comes back if neither is there to be started; does not, if one runs.
void start_init_program();
// The first program has ended, with that wait status.
[[noreturn]] void init_ended(int status);
