// read, write, lseek: what is asked of an open file, before the file itself is.
#include "fs/vfs/open_file.hpp"

namespace {

result<> may_transfer(const open_file& file, u32 mode, bool has_operation,
                      iov_iter& bytes) {
    if (!(file.f_mode & mode)) return err{EBADF};
    if (!has_operation && !file.f_inode->is_dir()) return err{EINVAL};
    if (!bytes.is_accessible()) return err{EFAULT};
    if (static_cast<s32>(bytes.count()) < 0) return err{EINVAL};
    if (file.f_inode->is_dir()) return err{EISDIR};
    bytes.truncate(MAX_RW_COUNT);
    return {};
}

result<size_t> read_at(open_file& file, iov_iter& to, u64& pos) {
    if (to.count() == 0) return size_t{0};
    return file.f_ops->read(file, to, pos);
}
result<size_t> write_at(open_file& file, iov_iter& from, u64& pos) {
    if (from.count() == 0) return size_t{0};
    return file.f_ops->write(file, from, pos);
}

// In f_pos.
bool has_place(const open_file& file) {
    return file.f_ops->llseek && !file.f_ops->keeps_own_place;
}

}  // namespace

result<size_t> vfs_read(open_file& file, iov_iter to) {
    if (const result<> may = may_transfer(file, FMODE_READ, file.f_ops->read, to); !may)
        return err{may.error()};
    // What has no place is not kept waiting by who reads at the same time.
    u64 none = 0;
    if (!has_place(file)) return read_at(file, to, none);
    lock_guard held(file.f_pos_lock);
    return read_at(file, to, file.f_pos);
}

result<size_t> vfs_write(open_file& file, iov_iter from) {
    if (const result<> may = may_transfer(file, FMODE_WRITE, file.f_ops->write, from); !may)
        return err{may.error()};
    u64 none = 0;
    if (!has_place(file)) return write_at(file, from, none);
    lock_guard held(file.f_pos_lock);
    return write_at(file, from, file.f_pos);
}

result<size_t> vfs_pread(open_file& file, iov_iter to, s64 pos) {
    if (pos < 0) return err{EINVAL};
    if (!file.f_ops->llseek) return err{ESPIPE};
    if (const result<> may = may_transfer(file, FMODE_READ, file.f_ops->read, to); !may)
        return err{may.error()};
    u64 at = static_cast<u64>(pos);
    return read_at(file, to, at);
}

result<size_t> vfs_pwrite(open_file& file, iov_iter from, s64 pos) {
    if (pos < 0) return err{EINVAL};
    if (!file.f_ops->llseek) return err{ESPIPE};
    if (const result<> may = may_transfer(file, FMODE_WRITE, file.f_ops->write, from); !may)
        return err{may.error()};
    u64 at = static_cast<u64>(pos);
    return write_at(file, from, at);
}

result<u64> vfs_llseek(open_file& file, s64 offset, int whence) {
    if (whence < SEEK_SET || whence > SEEK_HOLE) return err{EINVAL};
    if (!file.f_ops->llseek) return err{ESPIPE};
    if (!has_place(file)) return file.f_ops->llseek(file, offset, whence);
    lock_guard held(file.f_pos_lock);
    return file.f_ops->llseek(file, offset, whence);
}

result<u64> generic_llseek(open_file& file, s64 offset, int whence, u64 most) {
    u64 base;
    switch (whence) {
        case SEEK_SET: base = 0; break;
        case SEEK_CUR: base = file.f_pos; break;
        case SEEK_END: base = file.f_inode->size(); break;
        default: return err{EINVAL};
    }
    s64 place;
    if (__builtin_add_overflow(static_cast<s64>(base), offset, &place)) return err{EINVAL};
    if (place < 0 || static_cast<u64>(place) > most) return err{EINVAL};
    file.f_pos = static_cast<u64>(place);
    return file.f_pos;
}
