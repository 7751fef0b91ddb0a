// Pipes, with a name (FIFOs) and without.
//
//     pipe()                                  mkfifo p; cat p & echo x > p
//
//     open_file r    open_file w              open_file    open_file
//          \           /                           \          /
//        inode of pipefs                         inode of some file system
//                |                                      |
//                +--i_pipe--> pipe_inode_info <--i_pipe-+     while it is open
//                               ring, readers, writers
//
// I1: `files` is the number of openings; the last one that goes frees the pipe.
// I2: readers and writers count the openings for each; they, and the ring, change with
//     `lock` held, and are looked at without it by who is about to sleep.
// I3: who changes what others wait for wakes them afterwards: rd_wait where there was
//     nothing to read, wr_wait where there was no room, both when the last reader or writer
//     goes, or the first comes.
//
// A read takes what there is; it waits only while there is nothing and somebody could still
// write. A write waits until all of it has gone. Without readers it is EPIPE, and SIGPIPE.
//
// Left out: splice and tee, pages given away instead of copied, and limits on what all
// pipes of a user may have.
#pragma once

#include "fs/pipe/pipe_ring.hpp"
#include "fs/vfs/open_file.hpp"
#include "lib/sync/wait_queue.hpp"

inline constexpr u32 PIPEFS_MAGIC = 0x50495045;

struct pipe_inode_info {
    mutex lock{"a pipe"};
    wait_queue_head rd_wait{"readers of a pipe"}, wr_wait{"writers of a pipe"};
    pipe_ring ring;
    relaxed<u32> readers = 0, writers = 0;
    relaxed<u32> r_counter = 0, w_counter = 0;  // openings, ever: who waits for a partner
    u32 files = 0;                              // under the lock of all i_pipe
};

struct pipe_ends {
    open_file* reader;
    open_file* writer;
};
// pipe2(): `flags` of O_NONBLOCK, O_DIRECT; the pipe is as `who` made it. ENOMEM, ENFILE.
result<pipe_ends> create_pipe(const cred& who, u32 flags);

// The pipe of an open file; null: it is none.
pipe_inode_info* pipe_of(open_file& file);
// F_GETPIPE_SZ and F_SETPIPE_SZ, in bytes. EINVAL, EPERM, EBUSY, ENOMEM.
u32 pipe_size(pipe_inode_info& pipe);
result<u32> set_pipe_size(pipe_inode_info& pipe, u32 bytes);

// Of pipes and FIFOs.
extern const open_file_operations pipe_operations;
// Frees what nobody opened.
void free_pipe(pipe_inode_info* pipe);
pipe_inode_info* new_pipe();

[[nodiscard]] bool pipe_info_init();
// ... and the file system that pipes without names are in.
[[nodiscard]] bool pipe_init();
