// What system calls on files have in common: descriptors, names and the memory of the
// caller.
//
//     SYSCALL_DEFINE(39, mkdir, user_ptr<const char> name, u32 mode) {
//         user_path at;
//         if (const result<> ready = at.take(AT_FDCWD, name); !ready) return ready;
//         return do_mkdir(at.from(), at.name(), mode);
//     }
//
//     const held_file file(fd);          a reference, until the end of the call
//     if (!file) return err{EBADF};
#pragma once

#include "fs/vfs/files_struct.hpp"
#include "kernel/sched/task.hpp"
#include "kernel/syscall/syscall.hpp"

inline constexpr u32 RLIMIT_FSIZE = 1, RLIMIT_NOFILE = 7;
inline constexpr u32 UIO_MAXIOV = 1024;

// Of a task with signals; kernel threads have no limits.
u32 rlimit_of(u32 which);
inline u32 descriptor_limit() { return rlimit_of(RLIMIT_NOFILE); }

// The file of a descriptor, for memory calls: with a reference. EBADF.
result<file*> file_of_descriptor(u32 fd);

// A descriptor's file. One that was opened with O_PATH is none, but for who asks for any.
class held_file {
public:
    enum kind : u8 { usable, any };
    explicit held_file(u32 fd, kind wanted = usable);
    ~held_file() {
        if (file_) fput(file_);
    }
    held_file(const held_file&) = delete;
    held_file& operator=(const held_file&) = delete;

    explicit operator bool() const { return file_; }
    open_file& operator*() const { return *file_; }
    open_file* operator->() const { return file_; }

private:
    open_file* file_;
};

// The lowest descriptor for a file that was opened; else the file is put.
result<u32> install_file(const result<open_file*>& opened, bool close_on_exec);

// A page of the kernel's, for a name or for bytes on their way.
class scratch_page {
public:
    scratch_page();
    ~scratch_page();
    scratch_page(const scratch_page&) = delete;
    scratch_page& operator=(const scratch_page&) = delete;

    explicit operator bool() const { return text_; }
    char* text() const { return text_; }

private:
    char* text_;
};

// A string of the caller's. EFAULT; ENAMETOOLONG: it fills PATH_MAX; ENOENT: it is empty,
// and may not be; ENOMEM.
class user_name {
public:
    result<> take(user_ptr<const char> name, bool may_be_empty = false);
    std::string_view view() const { return {page_.text(), length_}; }

private:
    scratch_page page_;
    u32 length_ = 0;
};

// A name, and where it begins: at the root, the working directory, or at a descriptor.
class user_path {
public:
    user_path() = default;
    ~user_path();
    user_path(const user_path&) = delete;
    user_path& operator=(const user_path&) = delete;

    // The name first, as Linux does. `flags`: AT_EMPTY_PATH allows an empty name, which is
    // the descriptor's own file. As user_name::take(); EBADF; ENOTDIR.
    result<> take(s32 dirfd, user_ptr<const char> name, u32 flags = 0);

    const lookup_origin& from() const { return from_; }
    std::string_view name() const { return name_.view(); }
    // Others may be asked for than who calls: access() asks for the real user.
    void walk_as(const cred& who) { from_.who = who; }
    // What it leads to, with a reference; an empty name to what it was taken from.
    result<path> lookup(u32 flags) const;

private:
    user_name name_;
    lookup_origin from_{};
};

// The segments of readv() and its like, checked as a whole.
class user_segments {
public:
    user_segments() = default;
    ~user_segments();
    user_segments(const user_segments&) = delete;
    user_segments& operator=(const user_segments&) = delete;

    // EINVAL: too many, or too long; EFAULT; ENOMEM.
    result<> take(user_ptr<const user_segment> segments, u32 count);
    iov_iter bytes() const { return iov_iter::of_user_segments(segments_, total_); }

private:
    static constexpr u32 usual = 8;
    user_segment here_[usual];
    user_segment* segments_ = here_;
    size_t total_ = 0;
};
