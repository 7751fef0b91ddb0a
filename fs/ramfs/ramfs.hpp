// Files in memory and nowhere else: ramfs, and tmpfs, which is ramfs with limits.
//
//     names      dentries of the cache, pinned: each positive one counts ramfs as a user
//     contents   memory_contents: pages of the page cache, none where nothing was written
//     limits     size=N[kmg%]  pages in all files,  nr_inodes=N  files: ENOSPC beyond
//
//     page fault --+
//     write() -----+--> read_mapping_page --> not there --> readpage: one more page of
//                                                           the limit, or ENOSPC
//     truncate, the last close of what has no name --> so many pages are free again
//
// I1: charged pages of a file are at least those it has in the cache, less those that are
//     on their way in; the sum over all files is what the file system counts.
//
// A mapping and read() of a file share its frames. tmpfs has half of the memory unless it
// is told otherwise. "mode=", "uid=" and "gid=" are those of the root directory.
#pragma once

#include "fs/vfs/inode.hpp"

inline constexpr u32 RAMFS_MAGIC = 0x858458f6, TMPFS_MAGIC = 0x01021994;

// A tmpfs, whoever's type it is (devtmpfs).
result<super_block*> mount_tmpfs(const file_system_type& type, std::string_view options);

// What its inodes and super_blocks are kept in. False: no memory.
[[nodiscard]] bool ramfs_init();
