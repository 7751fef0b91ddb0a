#include "fs/vfs/readdir.hpp"

#include "lib/string.hpp"

namespace {

struct [[gnu::packed]] dirent64_head {  // the name follows at once
    u64 d_ino;
    s64 d_off;
    u16 d_reclen;
    u8 d_type;
};
struct [[gnu::packed]] dirent_head {
    u32 d_ino, d_off;
    u16 d_reclen;
};

class dirent_writer final : public dir_context {
public:
    dirent_writer(iov_iter& to, bool is_64) : to_(to), is_64_(is_64) {}

    bool emit(std::string_view name, u64 offset_of_next, u32 ino, u8 type) override {
        const size_t head = is_64_ ? sizeof(dirent64_head) : sizeof(dirent_head);
        const size_t length = is_64_ ? align_up(head + name.size() + 1, size_t{8})
                                     : align_up(head + name.size() + 2, size_t{4});
        if (length > to_.count()) {
            full_ = true;
            return false;
        }
        // What is between and behind is zero: nothing of the kernel's goes out with it.
        u8 entry[align_up(sizeof(dirent64_head) + NAME_MAX + 1, size_t{8})] = {};
        const u16 reclen = static_cast<u16>(length);
        if (is_64_) {
            const dirent64_head wide{ino, static_cast<s64>(offset_of_next), reclen, type};
            memcpy(entry, &wide, head);
        } else {
            const dirent_head narrow{ino, static_cast<u32>(offset_of_next), reclen};
            memcpy(entry, &narrow, head);
            entry[length - 1] = type;
        }
        memcpy(entry + head, name.data(), name.size());
        const size_t copied = to_.copy_to(entry, length);
        if (copied < length) return false;
        written_ += length;
        return true;
    }

    result<size_t> outcome() const {
        if (written_ > 0 || to_none_) return written_;
        return err{full_ ? EINVAL : EFAULT};
    }
    // It ended because there are no more names.
    void ended() { to_none_ = true; }

private:
    iov_iter& to_;
    const bool is_64_;
    size_t written_ = 0;
    bool full_ = false;
    bool to_none_ = false;
};

// The first child in [offset, end), with a reference; or null.
dentry* child_from(const dentry& parent, u32 offset, u32 end) {
    lock_guard held(dcache_lock);
    for (dentry& child : parent.d_subdirs) {
        if (child.is_negative() || !child.d_hashed || child.d_offset < offset) continue;
        return child.d_offset < end ? dget(&child) : nullptr;
    }
    return nullptr;
}

// Where those begin that have been made or renamed since.
u32 next_offset(const dentry& parent) {
    lock_guard held(dcache_lock);
    return parent.d_next_offset;
}

// A name to hand out without a lock: renames may change it meanwhile.
struct name_copy {
    explicit name_copy(const dentry& dentry) {
        lock_guard held(dcache_lock);
        const std::string_view name = dentry.d_name.view();
        memcpy(text, name.data(), name.size());
        length = name.size();
        offset = dentry.d_offset;
    }
    char text[NAME_MAX];
    size_t length;
    u32 offset;
};

result<size_t> list_names(open_file& dir, iov_iter& to, bool is_64) {
    if (!dir.f_ops->iterate) return err{ENOTDIR};
    lock_guard pos(dir.f_pos_lock);
    lock_guard held(dir.f_inode->i_mutex);
    if (dir.f_inode->i_dead) return err{ENOENT};
    struct watched final : dir_context {
        explicit watched(dirent_writer& writer) : writer_(writer) {}
        bool emit(std::string_view name, u64 next, u32 ino, u8 type) override {
            refused = !writer_.emit(name, next, ino, type);
            return !refused;
        }
        bool refused = false;

    private:
        dirent_writer& writer_;
    };
    dirent_writer writer(to, is_64);
    watched context(writer);
    if (const result<> listed = dir.f_ops->iterate(dir, context); !listed)
        return err{listed.error()};
    if (!context.refused) writer.ended();
    return writer.outcome();
}

}  // namespace

result<size_t> vfs_getdents64(open_file& dir, iov_iter to) {
    return list_names(dir, to, true);
}
result<size_t> vfs_getdents(open_file& dir, iov_iter to) {
    return list_names(dir, to, false);
}

result<> dcache_readdir(open_file& dir, dir_context& context) {
    dentry& self = *dir.f_path.dentry;
    constexpr u8 DT_DIR = dt_type(S_IFDIR);
    // What is new once the reading has begun is not shown: who renames what he is told would
    // be told of it again, for ever.
    if (dir.f_pos == 0 || dir.f_version == 0) dir.f_version = next_offset(self);
    if (dir.f_pos == 0) {
        if (!context.emit(".", 1, dir.f_inode->i_ino, DT_DIR)) return {};
        dir.f_pos = 1;
    }
    if (dir.f_pos == 1) {
        dentry* const parent = dget_parent(self);
        const bool taken = context.emit("..", 2, parent->d_inode->i_ino, DT_DIR);
        dput(parent);
        if (!taken) return {};
        dir.f_pos = 2;
    }
    while (dir.f_pos <= ~u32{0}) {
        dentry* const child = child_from(self, static_cast<u32>(dir.f_pos), dir.f_version);
        if (!child) break;
        const name_copy name(*child);
        const inode& inode = *child->d_inode;
        const bool taken = context.emit({name.text, name.length}, u64{name.offset} + 1,
                                        inode.i_ino, dt_type(inode.i_mode));
        dput(child);
        if (!taken) break;
        dir.f_pos = u64{name.offset} + 1;
    }
    return {};
}

result<u64> dcache_dir_llseek(open_file& dir, s64 offset, int whence) {
    if (whence == SEEK_END) return err{EINVAL};
    return generic_llseek(dir, offset, whence, u64{1} << 32);
}
