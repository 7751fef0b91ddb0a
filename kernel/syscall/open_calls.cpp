// Descriptors: from open() to close(), and what is asked of them in between.
#include "fs/pipe/pipe.hpp"
#include "kernel/syscall/files.hpp"
#include "kernel/syscall/record_locks.hpp"

namespace {

// What Linux knows of open()'s flags; it ignores the others.
constexpr u32 known_open_flags = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
                                 O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_LARGEFILE |
                                 O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |
                                 O_TMPFILE;
constexpr u32 changeable_flags = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;

syscall_result open_at(s32 dirfd, user_ptr<const char> name, u32 flags, u32 mode) {
    flags &= known_open_flags;
    user_path at;
    if (const result<> ready = at.take(dirfd, name); !ready) return ready;
    files_struct& files = *current_task()->files;
    const result<u32> fd = files.get_unused_fd(descriptor_limit(), flags & O_CLOEXEC);
    if (!fd) return fd;
    const result<open_file*> opened =
        do_open(at.from(), at.name(), flags, mode & S_IALLUGO);
    if (opened) {
        files.fd_install(*fd, **opened);
        return fd;
    }
    files.put_unused_fd(*fd);
    return err{opened.error()};
}

}  // namespace

SYSCALL_DEFINE(5, open, user_ptr<const char> name, u32 flags, u32 mode) {
    return open_at(AT_FDCWD, name, flags, mode);
}

SYSCALL_DEFINE(295, openat, s32 dirfd, user_ptr<const char> name, u32 flags, u32 mode) {
    return open_at(dirfd, name, flags, mode);
}

SYSCALL_DEFINE(8, creat, user_ptr<const char> name, u32 mode) {
    return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

SYSCALL_DEFINE(6, close, u32 fd) { return current_task()->files->close(fd); }

SYSCALL_DEFINE(436, close_range, u32 first, u32 last, u32 flags) {
    constexpr u32 CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4;
    if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
        return err{EINVAL};
    files_struct*& files = current_task()->files;
    if (flags & CLOSE_RANGE_UNSHARE) {
        const result<files_struct*> own = files->dup_fd();
        if (!own) return err{own.error()};
        std::exchange(files, *own)->put();
    }
    for (u32 fd = files->next_open(first); fd < files->max_fds() && fd <= last;
         fd = files->next_open(fd + 1)) {
        if (flags & CLOSE_RANGE_CLOEXEC)
            static_cast<void>(files->set_close_on_exec(fd, true));
        else static_cast<void>(files->close(fd));
    }
    return 0;
}

SYSCALL_DEFINE(41, dup, u32 fd) {
    return current_task()->files->dup(fd, descriptor_limit(), false);
}

SYSCALL_DEFINE(63, dup2, u32 fd, u32 to) {
    return current_task()->files->dup2(fd, to, descriptor_limit());
}

SYSCALL_DEFINE(330, dup3, u32 fd, u32 to, u32 flags) {
    if (flags & ~u32{O_CLOEXEC}) return err{EINVAL};
    return current_task()->files->dup3(fd, to, descriptor_limit(), flags & O_CLOEXEC);
}

// ---- pipes ------------------------------------------------------------------------------

namespace {

syscall_result make_pipe(user_ptr<u32> told, u32 flags) {
    if (flags & ~u32{O_CLOEXEC | O_NONBLOCK | O_DIRECT}) return err{EINVAL};
    const result<pipe_ends> made =
        create_pipe(current_task()->cred, flags & (O_NONBLOCK | O_DIRECT));
    if (!made) return err{made.error()};
    files_struct& files = *current_task()->files;
    const result<u32> reader = install_file(made->reader, flags & O_CLOEXEC);
    const result<u32> writer = install_file(made->writer, flags & O_CLOEXEC);
    struct ends {
        u32 reader, writer;
    };
    result<> outcome;
    if (!reader || !writer) outcome = err{reader ? writer.error() : reader.error()};
    else outcome = put_user<ends>({*reader, *writer}, user_ptr<ends>(told.raw()));
    if (!outcome) {
        if (reader) static_cast<void>(files.close(*reader));
        if (writer) static_cast<void>(files.close(*writer));
    }
    return outcome;
}

}  // namespace

SYSCALL_DEFINE(42, pipe, user_ptr<u32> told) { return make_pipe(told, 0); }
SYSCALL_DEFINE(331, pipe2, user_ptr<u32> told, u32 flags) { return make_pipe(told, flags); }

// ---- fcntl and ioctl --------------------------------------------------------------------

namespace {

void set_file_flags(open_file& file, u32 flags) {
    file.f_flags = (file.f_flags & ~changeable_flags) | (flags & changeable_flags);
    file.f_mode = (file.f_mode & ~FMODE_APPEND) | (flags & O_APPEND ? FMODE_APPEND : 0);
}

syscall_result pipe_control(open_file& file, u32 command, u32 argument) {
    pipe_inode_info* const pipe = pipe_of(file);
    if (!pipe) return err{EBADF};
    if (command == F_GETPIPE_SZ) return pipe_size(*pipe);
    return set_pipe_size(*pipe, argument);
}

syscall_result control(u32 fd, u32 command, u32 argument, bool knows_64) {
    constexpr u32 F_SETOWN = 8, F_GETOWN = 9;
    const held_file file(fd, held_file::any);
    if (!file) return err{EBADF};
    files_struct& files = *current_task()->files;
    switch (command) {
        case F_DUPFD:
        case F_DUPFD_CLOEXEC:
            return files.dup(fd, descriptor_limit(), command == F_DUPFD_CLOEXEC, argument);
        case F_GETFD: {
            const result<bool> closes = files.close_on_exec(fd);
            if (!closes) return err{closes.error()};
            return *closes ? FD_CLOEXEC : 0;
        }
        case F_SETFD: return files.set_close_on_exec(fd, argument & FD_CLOEXEC);
        case F_GETFL: return file->f_flags;
        default: break;
    }
    if (file->f_mode & FMODE_PATH) return err{EBADF};
    if (is_record_lock_command(command, knows_64))
        return control_record_locks(fd, *file, command, argument);
    switch (command) {
        case F_SETFL: set_file_flags(*file, argument); return 0;
        case F_GETPIPE_SZ:
        case F_SETPIPE_SZ: return pipe_control(*file, command, argument);
        // Nobody is sent SIGIO: there is nobody to remember.
        case F_SETOWN:
        case F_GETOWN: return 0;
        default: return err{EINVAL};
    }
}

}  // namespace

SYSCALL_DEFINE(55, fcntl, u32 fd, u32 command, u32 argument) {
    return control(fd, command, argument, false);
}
SYSCALL_DEFINE(221, fcntl64, u32 fd, u32 command, u32 argument) {
    return control(fd, command, argument, true);
}

SYSCALL_DEFINE(54, ioctl, u32 fd, u32 command, u32 argument) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    switch (command) {
        case FIOCLEX:
        case FIONCLEX:
            return current_task()->files->set_close_on_exec(fd, command == FIOCLEX);
        case FIONBIO: {
            s32 on;
            if (const result<> read = get_user<s32>(on, user_ptr<const s32>(argument));
                !read)
                return read;
            set_file_flags(*file,
                           (file->f_flags & ~u32{O_NONBLOCK}) | (on ? O_NONBLOCK : 0));
            return 0;
        }
        case FIONREAD:
            if (!S_ISREG(file->f_inode->i_mode)) break;
            return put_user(static_cast<s32>(file->f_inode->size() - file->f_pos),
                            user_ptr<s32>(argument));
        default: break;
    }
    if (!file->f_ops->ioctl) return err{ENOTTY};
    return file->f_ops->ioctl(*file, command, argument);
}

// ---- what is on its way -----------------------------------------------------------------
// Files are in memory and nowhere else, so nothing is ever behind.

namespace {

syscall_result sync_file(u32 fd) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    const u32 mode = file->f_inode->i_mode;
    if (S_ISFIFO(mode) || S_ISCHR(mode)) return err{EINVAL};
    return 0;
}

}  // namespace

SYSCALL_DEFINE(36, sync) { return 0; }
SYSCALL_DEFINE(118, fsync, u32 fd) { return sync_file(fd); }
SYSCALL_DEFINE(148, fdatasync, u32 fd) { return sync_file(fd); }

SYSCALL_DEFINE(344, syncfs, u32 fd) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    return 0;
}

// Advice that needs none; (fd, offset 64, length 32 or 64, advice) come in five or six
// words.
namespace {

syscall_result advise(u32 fd, u32 advice) {
    constexpr u32 POSIX_FADV_NOREUSE = 5;
    const held_file file(fd);
    if (!file) return err{EBADF};
    if (S_ISFIFO(file->f_inode->i_mode)) return err{ESPIPE};
    if (advice > POSIX_FADV_NOREUSE) return err{EINVAL};
    return 0;
}

}  // namespace

SYSCALL_DEFINE(250, fadvise64, u32 fd, u32, u32, u32, u32 advice) {
    return advise(fd, advice);
}
SYSCALL_DEFINE(272, fadvise64_64, u32 fd, u32, u32, u32, u32, u32 advice) {
    return advise(fd, advice);
}
