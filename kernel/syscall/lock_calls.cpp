// Locks on files: fcntl()'s commands for them, and flock().
#include "fs/vfs/file_lock.hpp"
#include "kernel/syscall/record_locks.hpp"

namespace {

struct flock32 {
    s16 type, whence;
    s32 start, length, pid;
};
struct [[gnu::packed, gnu::aligned(4)]] flock64 {
    s16 type, whence;
    s64 start, length;
    s32 pid;
};
static_assert(sizeof(flock32) == 16 && sizeof(flock64) == 24);

// Three families of three: what is in the way, set, set and wait.
constexpr u32 F_GETLK = 5, F_GETLK64 = 12, F_OFD_GETLK = 36;
constexpr bool is_in(u32 command, u32 family) {
    return command >= family && command < family + 3;
}

// From what a program says to bytes, both included. EINVAL, EOVERFLOW.
result<> place(const open_file& file, const flock64& told, file_lock& lock) {
    s64 base = 0;
    switch (told.whence) {
        case SEEK_SET: break;
        case SEEK_CUR: base = static_cast<s64>(file.f_pos); break;
        case SEEK_END: base = static_cast<s64>(file.f_inode->size()); break;
        default: return err{EINVAL};
    }
    const s64 length = told.length;
    s64 start, end;
    if (__builtin_add_overflow(base, told.start, &start)) return err{EOVERFLOW};
    if (start < 0) return err{EINVAL};
    if (__builtin_add_overflow(start, length, &end)) return err{EOVERFLOW};
    if (length < 0) std::swap(start, end);
    if (start < 0) return err{EINVAL};
    lock.start = static_cast<u64>(start);
    lock.end = length == 0 ? file_lock::to_the_end : static_cast<u64>(end) - 1;
    return {};
}

result<> fill(const open_file& file, const flock64& told, bool of_opening,
              file_lock& lock) {
    const task_struct& task = *current_task();
    lock.owner = of_opening ? static_cast<const void*>(&file) : task.files;
    lock.pid = of_opening ? 0 : task.tgid;
    if (of_opening && told.pid != 0) return err{EINVAL};
    switch (told.type) {
        case F_RDLCK: lock.type = file_lock::read; break;
        case F_WRLCK: lock.type = file_lock::write; break;
        case F_UNLCK: lock.type = file_lock::none; break;
        default: return err{EINVAL};
    }
    return place(file, told, lock);
}

// Who closes the descriptor gives the program's locks on the file up. One that came when
// another thread had done that would stay for ever.
result<> closed_meanwhile(u32 fd, const open_file& file, file_lock lock) {
    const held_file now(fd);
    if (now && &*now == &file) return {};
    lock.type = file_lock::none;
    static_cast<void>(set_file_lock(*file.f_inode, lock, false));
    return err{EBADF};
}

result<> set_lock(u32 fd, open_file& file, const file_lock& lock, bool wait) {
    if (lock.type == file_lock::read && !(file.f_mode & FMODE_READ)) return err{EBADF};
    if (lock.type == file_lock::write && !(file.f_mode & FMODE_WRITE)) return err{EBADF};
    const result<> set = set_file_lock(*file.f_inode, lock, wait);
    const bool is_files = lock.owner == &file;
    if (!set || lock.type == file_lock::none || is_files) return set;
    return closed_meanwhile(fd, file, lock);
}

flock64 told_of(const file_lock& other, const flock64& asked) {
    flock64 answer = asked;
    answer.type = F_UNLCK;
    if (other.type == file_lock::none) return answer;
    answer.type = other.type == file_lock::read ? F_RDLCK : F_WRLCK;
    answer.whence = SEEK_SET;
    answer.start = static_cast<s64>(other.start);
    answer.length = other.end == file_lock::to_the_end
                        ? 0
                        : static_cast<s64>(other.end - other.start) + 1;
    answer.pid = other.pid == 0 ? -1 : static_cast<s32>(other.pid);
    return answer;
}

template <class Shape>
syscall_result control_in_shape(u32 fd, open_file& file, u32 number, bool of_opening,
                                user_ptr<Shape> told) {
    Shape given;
    if (copy_from_user(&given, told, sizeof given) != 0) return err{EFAULT};
    const flock64 asked{given.type, given.whence, given.start, given.length, given.pid};
    file_lock lock;
    if (number == 0 && asked.type == F_UNLCK) return err{EINVAL};
    if (const result<> filled = fill(file, asked, of_opening, lock); !filled) return filled;
    if (number > 0) return set_lock(fd, file, lock, number == 2);
    const flock64 answer = told_of(test_file_lock(*file.f_inode, lock), asked);
    constexpr s64 most = sizeof(Shape) == sizeof(flock64) ? s64{file_lock::to_the_end}
                                                          : 0x7fffffff;
    if (answer.start > most || answer.length > most) return err{EOVERFLOW};
    using offset = decltype(Shape::start);
    return put_user<Shape>({.type = answer.type,
                            .whence = answer.whence,
                            .start = static_cast<offset>(answer.start),
                            .length = static_cast<offset>(answer.length),
                            .pid = answer.pid},
                           told);
}

}  // namespace

bool is_record_lock_command(u32 command, bool knows_64) {
    return is_in(command, F_GETLK) ||
           (knows_64 && (is_in(command, F_GETLK64) || is_in(command, F_OFD_GETLK)));
}

syscall_result control_record_locks(u32 fd, open_file& file, u32 command, u32 argument) {
    if (is_in(command, F_GETLK))
        return control_in_shape(fd, file, command - F_GETLK, false,
                                user_ptr<flock32>(argument));
    const bool of_opening = is_in(command, F_OFD_GETLK);
    return control_in_shape(fd, file, command - (of_opening ? F_OFD_GETLK : F_GETLK64),
                            of_opening, user_ptr<flock64>(argument));
}

SYSCALL_DEFINE(143, flock, u32 fd, u32 operation) {
    constexpr u32 LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;
    const held_file file(fd);
    if (!file) return err{EBADF};
    file_lock lock{.kind = file_lock::whole, .owner = &*file};
    switch (operation & ~LOCK_NB) {
        case LOCK_SH: lock.type = file_lock::read; break;
        case LOCK_EX: lock.type = file_lock::write; break;
        case LOCK_UN: lock.type = file_lock::none; break;
        default: return err{EINVAL};
    }
    return set_file_lock(*file->f_inode, lock, !(operation & LOCK_NB));
}
