// What an open pipe can be asked for.
#include "fs/pipe/pipe.hpp"

#include "fs/vfs/caller.hpp"
#include "fs/vfs/poll.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<pipe_inode_info> pipes("pipe_inode_info");
// i_pipe of all inodes, and `files` of their pipes.
constinit irq_spinlock i_pipe_lock{"i_pipe"};

pipe_inode_info& of(open_file& file) {
    return *static_cast<pipe_inode_info*>(file.private_data);
}
bool is_nameless(const inode& inode) { return inode.i_sb->s_magic == PIPEFS_MAGIC; }

// ---- bytes ------------------------------------------------------------------------------

// Whoever is woken finds the pipe unlocked: else he would run into the lock, and back.
result<size_t> read_some(pipe_inode_info& pipe, iov_iter& to) {
    bool was_full;
    result<size_t> done = size_t{0};
    {
        lock_guard held(pipe.lock);
        was_full = pipe.ring.full();
        done = pipe.ring.read(to);
        was_full = was_full && !pipe.ring.full();
    }
    if (was_full) wake_up_interruptible(pipe.wr_wait);
    return done;
}

result<size_t> read(open_file& file, iov_iter& to, u64&) {
    pipe_inode_info& pipe = of(file);
    for (;;) {
        const result<size_t> done = read_some(pipe, to);
        if (!done || *done > 0 || pipe.writers == 0) return done;
        if (file.f_flags & O_NONBLOCK) return err{EAGAIN};
        const result<> woken = wait_event_interruptible(
            pipe.rd_wait, [&] { return !pipe.ring.empty() || pipe.writers == 0; });
        if (!woken) return err{woken.error()};
    }
}

// One look at the pipe; what was written is added to `done`. 0: to be repeated, once there
// is room.
int write_some(open_file& file, pipe_inode_info& pipe, iov_iter& from, size_t& done) {
    bool was_empty, broken, full;
    result<size_t> wrote = size_t{0};
    {
        lock_guard held(pipe.lock);
        broken = pipe.readers == 0;
        was_empty = pipe.ring.empty();
        if (!broken) wrote = pipe.ring.write(from, file.f_flags & O_DIRECT);
        full = pipe.ring.full();
    }
    if (broken) {
        tell_broken_pipe();
        return EPIPE;
    }
    if (!wrote) return wrote.error();
    done += *wrote;
    if (was_empty && *wrote > 0) wake_up_interruptible(pipe.rd_wait);
    // It ended before the ring was full: the program's memory did, or the kernel's.
    if (from.count() > 0 && !full) return EFAULT;
    return from.count() > 0 && file.f_flags & O_NONBLOCK ? EAGAIN : 0;
}

result<size_t> write(open_file& file, iov_iter& from, u64&) {
    pipe_inode_info& pipe = of(file);
    size_t done = 0;
    for (;;) {
        int failed = write_some(file, pipe, from, done);
        if (failed == 0 && from.count() == 0) return done;
        if (failed == 0)
            failed = wait_event_interruptible(pipe.wr_wait, [&] {
                         return !pipe.ring.full() || pipe.readers == 0;
                     }).error();
        if (failed == 0) continue;
        if (done > 0) return done;
        return err{failed};
    }
}

u32 poll(open_file& file, poll_table* table) {
    pipe_inode_info& pipe = of(file);
    if (file.f_mode & FMODE_READ) poll_wait(file, pipe.rd_wait, table);
    if (file.f_mode & FMODE_WRITE) poll_wait(file, pipe.wr_wait, table);
    u32 ready = 0;
    if (file.f_mode & FMODE_READ) {
        if (!pipe.ring.empty()) ready |= POLLIN | POLLRDNORM;
        // Of a FIFO that was opened without waiting: not before a writer has come and gone.
        if (pipe.writers == 0 && file.f_version != pipe.w_counter) ready |= POLLHUP;
    }
    if (file.f_mode & FMODE_WRITE) {
        if (!pipe.ring.full()) ready |= POLLOUT | POLLWRNORM;
        if (pipe.readers == 0) ready |= POLLERR;
    }
    return ready;
}

result<s32> ioctl(open_file& file, u32 command, u32 argument) {
    if (command != FIONREAD) return err{ENOTTY};
    pipe_inode_info& pipe = of(file);
    u32 bytes;
    {
        lock_guard held(pipe.lock);
        bytes = pipe.ring.bytes();
    }
    const result<> told = put_user(bytes, user_ptr<u32>(argument));
    if (!told) return err{told.error()};
    return 0;
}

// ---- opening and closing ----------------------------------------------------------------

result<pipe_inode_info*> get_pipe(inode& inode) {
    pipe_inode_info* spare = nullptr;
    for (;;) {
        pipe_inode_info* got;
        {
            lock_guard held(i_pipe_lock);
            if (!inode.i_pipe) inode.i_pipe = std::exchange(spare, nullptr);
            got = inode.i_pipe;
            if (got) got->files += 1;
        }
        if (spare) free_pipe(spare);
        if (got) return got;
        spare = new_pipe();
        if (!spare) return err{ENOMEM};
    }
}

void put_pipe(inode& inode) {
    pipe_inode_info* gone = nullptr;
    {
        lock_guard held(i_pipe_lock);
        if (--inode.i_pipe->files == 0) gone = std::exchange(inode.i_pipe, nullptr);
    }
    if (gone) free_pipe(gone);
}

void wake_both(pipe_inode_info& pipe) {
    wake_up_all(pipe.rd_wait);
    wake_up_all(pipe.wr_wait);
}

void count_ends(pipe_inode_info& pipe, u32 mode) {
    if (mode & FMODE_READ) {
        pipe.readers += 1;
        pipe.r_counter += 1;
    }
    if (mode & FMODE_WRITE) {
        pipe.writers += 1;
        pipe.w_counter += 1;
    }
}

void leave(inode& inode, pipe_inode_info& pipe, u32 mode) {
    {
        lock_guard held(pipe.lock);
        if (mode & FMODE_READ) pipe.readers -= 1;
        if (mode & FMODE_WRITE) pipe.writers -= 1;
        if (pipe.readers == 0 || pipe.writers == 0) wake_both(pipe);
    }
    put_pipe(inode);
}

// Until the other end has been opened since the counter was looked at, even if it has been
// closed again.
result<> wait_for_partner(wait_queue_head& queue, const relaxed<u32>& counter, u32 seen) {
    return wait_event_interruptible(queue, [&] { return counter != seen; });
}

result<> open(inode& inode, open_file& file) {
    const result<pipe_inode_info*> got = get_pipe(inode);
    if (!got) return err{got.error()};
    pipe_inode_info& pipe = **got;
    const u32 mode = file.f_mode & (FMODE_READ | FMODE_WRITE);
    const bool nonblock = file.f_flags & O_NONBLOCK;
    bool reader_waits, writer_waits;
    u32 r_seen, w_seen;
    {
        lock_guard held(pipe.lock);
        const bool alone = !is_nameless(inode);
        reader_waits = alone && mode == FMODE_READ && pipe.writers == 0;
        writer_waits = alone && mode == FMODE_WRITE && pipe.readers == 0;
        r_seen = pipe.r_counter;
        w_seen = pipe.w_counter;
        if (!(writer_waits && nonblock)) count_ends(pipe, mode);
    }
    if (writer_waits && nonblock) {
        put_pipe(inode);
        return err{ENXIO};
    }
    file.private_data = &pipe;
    file.f_version = reader_waits ? w_seen : w_seen - 1;
    wake_both(pipe);
    result<> met;
    if (reader_waits && !nonblock)
        met = wait_for_partner(pipe.rd_wait, pipe.w_counter, w_seen);
    if (writer_waits) met = wait_for_partner(pipe.wr_wait, pipe.r_counter, r_seen);
    if (!met) leave(inode, pipe, mode);
    return met;
}

void release(open_file& file) { leave(*file.f_inode, of(file), file.f_mode); }

}  // namespace

constinit const open_file_operations pipe_operations = {.open = open,
                                                        .release = release,
                                                        .read = read,
                                                        .write = write,
                                                        .ioctl = ioctl,
                                                        .poll = poll};

pipe_inode_info* new_pipe() {
    pipe_inode_info* const made = pipes.alloc(GFP_KERNEL);
    if (!made || made->ring.resize(pipe_ring::usual_slots)) return made;
    pipes.free(made);
    return nullptr;
}
void free_pipe(pipe_inode_info* pipe) { pipes.free(pipe); }

pipe_inode_info* pipe_of(open_file& file) {
    return file.f_ops == &pipe_operations ? &of(file) : nullptr;
}

u32 pipe_size(pipe_inode_info& pipe) {
    lock_guard held(pipe.lock);
    return pipe.ring.slots() * PAGE_SIZE;
}

result<u32> set_pipe_size(pipe_inode_info& pipe, u32 bytes) {
    if (bytes == 0 || bytes > 1u << 31) return err{EINVAL};
    u32 slots = 1;
    while (slots * PAGE_SIZE < bytes) slots *= 2;
    if (slots > pipe_ring::most_slots) return err{EPERM};
    {
        lock_guard held(pipe.lock);
        if (const result<> resized = pipe.ring.resize(slots); !resized)
            return err{resized.error()};
    }
    wake_up_all(pipe.wr_wait);
    return slots * PAGE_SIZE;
}

bool pipe_info_init() { return pipes.init(); }
