// /dev: each character device that is registered, by name, in a file system in memory.
//
//     mount("none", "/dev", "devtmpfs")     or populate_dev() into another directory
//
//     null zero full random ...             of the registry (fs/vfs/char_device.hpp)
//     fd -> /proc/self/fd  stdin stdout stderr
//     shm/  pts/                            for a tmpfs and for terminals
//
// Left out: one instance for all mounts of it, as Linux has; each mount begins anew.
#pragma once

#include "fs/vfs/mount.hpp"

// What is there already stays. ENOMEM, ENOSPC.
result<> populate_dev(const path& root);
