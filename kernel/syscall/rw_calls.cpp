// read, write and their like.
#include "kernel/syscall/files.hpp"

namespace {

constexpr s64 place(u32 low, u32 high) { return static_cast<s64>(u64{high} << 32 | low); }

template <class Transfer>
syscall_result with_segments(u32 fd, user_ptr<const user_segment> segments, u32 count,
                             Transfer transfer) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    user_segments taken;
    if (const result<> ready = taken.take(segments, count); !ready) return ready;
    return transfer(*file, taken.bytes());
}

}  // namespace

SYSCALL_DEFINE(3, read, u32 fd, user_ptr<void> buffer, u32 count) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    return vfs_read(*file, iov_iter::of_user(buffer, count));
}

SYSCALL_DEFINE(4, write, u32 fd, user_ptr<const void> buffer, u32 count) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    return vfs_write(*file, iov_iter::of_user(buffer, count));
}

SYSCALL_DEFINE(180, pread64, u32 fd, user_ptr<void> buffer, u32 count, u32 low, u32 high) {
    if (static_cast<s32>(high) < 0) return err{EINVAL};
    const held_file file(fd);
    if (!file) return err{EBADF};
    return vfs_pread(*file, iov_iter::of_user(buffer, count), place(low, high));
}

SYSCALL_DEFINE(181, pwrite64, u32 fd, user_ptr<const void> buffer, u32 count, u32 low,
               u32 high) {
    if (static_cast<s32>(high) < 0) return err{EINVAL};
    const held_file file(fd);
    if (!file) return err{EBADF};
    return vfs_pwrite(*file, iov_iter::of_user(buffer, count), place(low, high));
}

SYSCALL_DEFINE(145, readv, u32 fd, user_ptr<const user_segment> segments, u32 count) {
    return with_segments(fd, segments, count, vfs_read);
}

SYSCALL_DEFINE(146, writev, u32 fd, user_ptr<const user_segment> segments, u32 count) {
    return with_segments(fd, segments, count, vfs_write);
}

SYSCALL_DEFINE(333, preadv, u32 fd, user_ptr<const user_segment> segments, u32 count,
               u32 low, u32 high) {
    if (static_cast<s32>(high) < 0) return err{EINVAL};
    return with_segments(fd, segments, count, [&](open_file& file, const iov_iter& to) {
        return vfs_pread(file, to, place(low, high));
    });
}

SYSCALL_DEFINE(334, pwritev, u32 fd, user_ptr<const user_segment> segments, u32 count,
               u32 low, u32 high) {
    if (static_cast<s32>(high) < 0) return err{EINVAL};
    return with_segments(fd, segments, count, [&](open_file& file, const iov_iter& from) {
        return vfs_pwrite(file, from, place(low, high));
    });
}

// ---- places -----------------------------------------------------------------------------

SYSCALL_DEFINE(19, lseek, u32 fd, s32 offset, u32 whence) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    const result<u64> at = vfs_llseek(*file, offset, static_cast<int>(whence));
    if (at && *at > 0x7fffffff) return err{EOVERFLOW};
    return at;
}

SYSCALL_DEFINE(140, _llseek, u32 fd, u32 high, u32 low, user_ptr<u64> told, u32 whence) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    const result<u64> at = vfs_llseek(*file, place(low, high), static_cast<int>(whence));
    if (!at) return err{at.error()};
    return put_user(*at, told);
}

// ---- from file to file ------------------------------------------------------------------

namespace {

// By way of a page of the kernel's. Some bytes were sent; or why none could be.
result<u32> send(open_file& out, open_file& in, u64& pos, u32 count) {
    if (!(in.f_mode & FMODE_READ) || !(out.f_mode & FMODE_WRITE)) return err{EBADF};
    // Linux sends what has pages in its cache, or plays so.
    if (!in.f_ops->llseek || !in.f_ops->read) return err{EINVAL};
    if (out.f_mode & FMODE_APPEND) return err{EINVAL};
    scratch_page page;
    if (!page) return err{ENOMEM};
    count = min_of(count, MAX_RW_COUNT);
    for (u32 sent = 0;;) {
        const u32 wanted = min_of(count - sent, PAGE_SIZE);
        result<size_t> moved =
            vfs_pread(in, iov_iter::of_kernel(page.text(), wanted), static_cast<s64>(pos));
        const size_t got = moved.value_or(0);
        if (got > 0) moved = vfs_write(out, iov_iter::of_kernel(page.text(), got));
        if (!moved && sent == 0) return err{moved.error()};
        const size_t passed = moved.value_or(0);
        pos += passed;
        sent += static_cast<u32>(passed);
        if (passed == 0 || passed < got || sent == count) return sent;
        if (fatal_signal_pending()) return sent;
    }
}

// `at` is where the place is kept; null: the file's own.
template <class Offset>
syscall_result send_file(u32 out_fd, u32 in_fd, user_ptr<Offset> at, u32 count) {
    Offset start = 0;
    if (at)
        if (const result<> read = get_user<Offset>(start, at); !read) return read;
    const held_file in(in_fd), out(out_fd);
    if (!in || !out) return err{EBADF};
    if (static_cast<s32>(count) < 0 || start < 0) return err{EINVAL};
    u64 pos = at ? static_cast<u64>(start) : in->f_pos;
    const result<u32> sent = send(*out, *in, pos, count);
    if (!sent) return err{sent.error()};
    if (!at) {
        in->f_pos = pos;
    } else if (const result<> told = put_user(static_cast<Offset>(pos), at); !told) {
        return told;
    }
    return *sent;
}

}  // namespace

SYSCALL_DEFINE(187, sendfile, u32 out, u32 in, user_ptr<s32> at, u32 count) {
    return send_file(out, in, at, count);
}

SYSCALL_DEFINE(239, sendfile64, u32 out, u32 in, user_ptr<s64> at, u32 count) {
    return send_file(out, in, at, count);
}
