#include "fs/initramfs/archive_writer.hpp"

#include "fs/vfs/attr.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

// Of modes, before umask, which is 0 here.
constexpr u32 permissions(u32 mode) { return mode & S_IALLUGO; }

}  // namespace

archive_writer::~archive_writer() {
    if (open_) fput(open_);
    forget_all();
}

// ---- what is known of an archive --------------------------------------------------------

archive_writer::known_file* archive_writer::find(const cpio_entry& entry) {
    for (known_file& one : files_)
        if (one.ino == entry.ino && one.dev_major == entry.dev_major &&
            one.dev_minor == entry.dev_minor)
            return &one;
    return nullptr;
}

// Takes over no reference.
result<> archive_writer::remember_file(const cpio_entry& entry, const path& where) {
    known_file* const one = new (GFP_KERNEL)
        known_file{where, entry.ino, entry.dev_major, entry.dev_minor, {}};
    if (!one) return err{ENOMEM};
    path_get(where);
    files_.push_back(*one);
    return {};
}

result<> archive_writer::remember_directory(const path& where, u32 mtime) {
    stamped_directory* const one = new (GFP_KERNEL) stamped_directory{where, mtime, {}};
    if (!one) return err{ENOMEM};
    path_get(where);
    directories_.push_back(*one);
    return {};
}

void archive_writer::forget_all() {
    while (known_file* const one = files_.pop_front()) {
        path_put(one->where);
        kfree(one);
    }
    while (stamped_directory* const one = directories_.pop_front()) {
        const timespec64 then{one->mtime, 0};
        static_cast<void>(vfs_utimes(one->where.inode(), &then, &then, {}));
        path_put(one->where);
        kfree(one);
    }
}

void archive_writer::end_of_archive() { forget_all(); }

// ---- entries ----------------------------------------------------------------------------

// What stands there goes, unless it is a directory that is to be one.
result<> archive_writer::make_way(std::string_view name, u32 mode) {
    const result<path> there = path_lookup(from_, name, 0);
    if (!there) return there.error() == ENOENT ? result<>{} : err{there.error()};
    const u32 old_mode = there->inode().i_mode;
    path_put(*there);
    if (!S_ISDIR(old_mode)) return do_unlink(from_, name);
    return S_ISDIR(mode) ? result<>{} : do_rmdir(from_, name);
}

result<> archive_writer::begin(const cpio_entry& entry) {
    entry_ = entry;
    target_length_ = 0;
    ++entries_;
    if (S_ISREG(entry.mode)) return begin_file(entry);
    if (S_ISLNK(entry.mode)) return {};  // when its text is there
    if (const result<> free = make_way(entry.name, entry.mode); !free) return free;
    if (const result<> made = make_other(entry); !made) return made;
    return set_attributes(entry.name, entry);
}

// A link to a file that has come already, or a new one. Whichever of the names has the
// contents, they are the file's.
result<> archive_writer::begin_file(const cpio_entry& entry) {
    known_file* const known = entry.nlink > 1 ? find(entry) : nullptr;
    if (known) {
        const held_path there(path_lookup(from_, entry.name, 0).value_or({}));
        const bool is_it =
            there->dentry && there->dentry->d_inode == known->where.dentry->d_inode;
        if (!is_it) {
            if (const result<> free = make_way(entry.name, entry.mode); !free) return free;
            if (const result<> linked = link_place(known->where, from_, entry.name);
                !linked)
                return linked;
        }
        if (entry.size == 0) return {};
    } else if (const result<> free = make_way(entry.name, entry.mode); !free) {
        return free;
    }
    const result<open_file*> made =
        do_open(from_, entry.name, O_WRONLY | O_CREAT | O_TRUNC, permissions(entry.mode));
    if (!made) return err{made.error()};
    open_ = *made;
    if (known || entry.nlink < 2) return {};
    return remember_file(entry, open_->f_path);
}

result<> archive_writer::make_other(const cpio_entry& entry) {
    if (!S_ISDIR(entry.mode))
        return do_mknod(from_, entry.name, entry.mode,
                        MKDEV(entry.rdev_major, entry.rdev_minor));
    const result<> made = do_mkdir(from_, entry.name, permissions(entry.mode));
    return made.error() == EEXIST ? result<>{} : made;
}

result<> archive_writer::data(byte_span bytes) {
    if (S_ISLNK(entry_.mode)) {
        memcpy(target_ + target_length_, bytes.data(), bytes.size());
        target_length_ += static_cast<u32>(bytes.size());
        return {};
    }
    while (!bytes.empty() && open_) {
        const result<size_t> written =
            vfs_write(*open_, iov_iter::of_kernel(bytes.data(), bytes.size()));
        if (!written) return err{written.error()};
        bytes = bytes.subspan(*written);
    }
    return {};
}

result<> archive_writer::end() {
    if (open_) {
        fput(open_);
        open_ = nullptr;
        return set_attributes(entry_.name, entry_);
    }
    if (!S_ISLNK(entry_.mode)) return {};
    if (const result<> free = make_way(entry_.name, entry_.mode); !free) return free;
    const result<> made = do_symlink(from_, {target_, target_length_}, entry_.name);
    return made ? set_attributes(entry_.name, entry_) : made;
}

// Owner, mode and time: the owner first, for that takes set-user-ID bits away.
result<> archive_writer::set_attributes(std::string_view name, const cpio_entry& entry) {
    const result<path> found = path_lookup(from_, name, 0);
    if (!found) return err{found.error()};
    const held_path made(*found);
    inode& inode = made->inode();
    result<> set = vfs_chown(inode, entry.uid, entry.gid, {});
    if (set && !inode.is_link()) set = vfs_chmod(inode, entry.mode, {});
    const timespec64 then{entry.mtime, 0};
    if (set) set = vfs_utimes(inode, &then, &then, {});
    if (set && inode.is_dir()) set = remember_directory(*made, entry.mtime);
    return set;
}
