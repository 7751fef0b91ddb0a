#include "kernel/syscall/files.hpp"

#include "fs/vfs/caller.hpp"
#include "kernel/signal/signal.hpp"
#include "mm/slab/kmalloc.hpp"

// ---- what fs/ asks of the task ----------------------------------------------------------

u32 rlimit_of(u32 which) {
    const signal_struct* const signal = current_task()->signal;
    return signal ? signal->rlim[which].cur : ~u32{0};
}

bool caller_is_root() { return current_task()->cred.uid == 0; }

u64 file_size_limit() {
    const u32 limit = rlimit_of(RLIMIT_FSIZE);
    return limit == ~u32{0} ? ~u64{0} : limit;
}

namespace {

void tell(u32 signal) {
    if (!current_task()->signal) return;
    static_cast<void>(send_signal_to_thread(*current_task(), kernel_signal(signal)));
}

}  // namespace

void tell_broken_pipe() { tell(SIGPIPE); }
void tell_file_too_large() { tell(SIGXFSZ); }

// ---- descriptors ------------------------------------------------------------------------

held_file::held_file(u32 fd, kind wanted) : file_(current_task()->files->fget(fd)) {
    if (!file_ || wanted == any || !(file_->f_mode & FMODE_PATH)) return;
    fput(file_);
    file_ = nullptr;
}

result<file*> file_of_descriptor(u32 fd) {
    const held_file found(fd);
    if (!found) return err{EBADF};
    return get_file(&*found);
}

result<u32> install_file(const result<open_file*>& opened, bool close_on_exec) {
    if (!opened) return err{opened.error()};
    files_struct& files = *current_task()->files;
    const result<u32> fd = files.get_unused_fd(descriptor_limit(), close_on_exec);
    if (fd) files.fd_install(*fd, **opened);
    else fput(*opened);
    return fd;
}

// ---- names ------------------------------------------------------------------------------

scratch_page::scratch_page() : text_(static_cast<char*>(kmalloc(PATH_MAX, GFP_KERNEL))) {}
scratch_page::~scratch_page() { kfree(text_); }

result<> user_name::take(user_ptr<const char> name, bool may_be_empty) {
    if (!page_) return err{ENOMEM};
    const result<u32> length = strncpy_from_user(page_.text(), name, PATH_MAX);
    if (!length) return err{length.error()};
    length_ = *length;
    if (length_ == PATH_MAX) return err{ENAMETOOLONG};
    if (length_ == 0 && !may_be_empty) return err{ENOENT};
    return {};
}

user_path::~user_path() {
    if (from_.root.dentry) path_put(from_.root);
    if (from_.at.dentry) path_put(from_.at);
}

result<> user_path::take(s32 dirfd, user_ptr<const char> name, u32 flags) {
    if (const result<> taken = name_.take(name, flags & AT_EMPTY_PATH); !taken)
        return taken;
    task_struct& task = *current_task();
    from_.who = task.cred;
    from_.umask = task.fs->umask();
    from_.root = task.fs->root();
    const std::string_view text = name_.view();
    if (dirfd == AT_FDCWD || (!text.empty() && text[0] == '/')) {
        from_.at = task.fs->pwd();
        return {};
    }
    const held_file dir(static_cast<u32>(dirfd), held_file::any);
    if (!dir) return err{EBADF};
    if (!text.empty() && !dir->f_inode->is_dir()) return err{ENOTDIR};
    from_.at = path_get(dir->f_path);
    return {};
}

result<path> user_path::lookup(u32 flags) const {
    if (name().empty()) return path_get(from_.at);
    return path_lookup(from_, name(), flags);
}

// ---- segments ---------------------------------------------------------------------------

user_segments::~user_segments() {
    if (segments_ != here_) kfree(segments_);
}

result<> user_segments::take(user_ptr<const user_segment> segments, u32 count) {
    if (count > UIO_MAXIOV) return err{EINVAL};
    const u32 bytes = count * static_cast<u32>(sizeof(user_segment));
    if (count > usual) {
        segments_ = static_cast<user_segment*>(kmalloc(bytes, GFP_KERNEL));
        if (!segments_) {
            segments_ = here_;
            return err{ENOMEM};
        }
    }
    if (copy_from_user(segments_, segments, bytes) != 0) return err{EFAULT};
    for (u32 i = 0; i < count; ++i) {
        user_segment& one = segments_[i];
        if (static_cast<s32>(one.length) < 0) return err{EINVAL};
        if (!access_ok(one.base, one.length)) return err{EFAULT};
        one.length = min_of(one.length, MAX_RW_COUNT - static_cast<u32>(total_));
        total_ += one.length;
    }
    return {};
}
