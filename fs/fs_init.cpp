#include "fs/fs_init.hpp"

#include "fs/pipe/pipe.hpp"
#include "fs/proc/proc_inode.hpp"
#include "fs/ramfs/memfd.hpp"
#include "fs/ramfs/ramfs.hpp"
#include "fs/vfs/files_struct.hpp"

bool fs_init() {
    return dcache_init() && mount_init() && open_file_init() && files_struct_init() &&
           ramfs_init() && memfd_init() && pipe_init() && proc_init();
}
