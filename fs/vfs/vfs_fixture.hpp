// For tests of files: a tmpfs of one's own as the root of all, and each call in a line,
// whose answer is 0 or an errno.
#pragma once

#include "fs/vfs/attr.hpp"
#include "fs/vfs/files_struct.hpp"
#include "fs/vfs/readdir.hpp"
#include "lib/string.hpp"
#include "lib/test/scratch.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/slab_debug.hpp"

class test_tree {
public:
    explicit test_tree(std::string_view options = "", std::string_view type = "tmpfs")
        : root_(mount_root(type, options)) {
        if (root_) from.root = from.at = *root_;
    }
    // All goes with it; what is still in use is a bug, and told.
    ~test_tree() {
        if (!root_) return;
        check_dentry_tree(*from.root.dentry);
        vfsmount& mount = *from.root.mnt;
        path_put(from.root);
        const result<> gone = umount_root(mount);
        kassert(gone, "the test's tree is not unmounted: {}", errno_name(gone.error()));
    }
    test_tree(const test_tree&) = delete;
    test_tree& operator=(const test_tree&) = delete;

    explicit operator bool() const { return static_cast<bool>(root_); }
    int error() const { return root_.error(); }

    lookup_origin from;

    int mkdir(std::string_view name, u32 mode = 0755) {
        return do_mkdir(from, name, mode).error();
    }
    int rmdir(std::string_view name) { return do_rmdir(from, name).error(); }
    int unlink(std::string_view name) { return do_unlink(from, name).error(); }
    int link(std::string_view old_name, std::string_view new_name, u32 flags = 0) {
        return do_link(from, old_name, from, new_name, flags).error();
    }
    int symlink(std::string_view target, std::string_view name) {
        return do_symlink(from, target, name).error();
    }
    int rename(std::string_view old_name, std::string_view new_name, u32 flags = 0) {
        return do_rename(from, old_name, from, new_name, flags).error();
    }
    int mknod(std::string_view name, u32 mode, u32 device = 0) {
        return do_mknod(from, name, mode, device).error();
    }
    int truncate(std::string_view name, s64 size) {
        return do_truncate(from, name, size).error();
    }
    // Opened and closed.
    int open(std::string_view name, u32 flags = O_RDONLY, u32 mode = 0644) {
        const result<open_file*> opened = do_open(from, name, flags, mode);
        if (opened) fput(*opened);
        return opened.error();
    }
    int make(std::string_view name, std::string_view text = "", u32 mode = 0644) {
        const result<open_file*> opened =
            do_open(from, name, O_WRONLY | O_CREAT | O_TRUNC, mode);
        if (!opened) return opened.error();
        const result<size_t> written =
            vfs_write(**opened, iov_iter::of_kernel(text.data(), text.size()));
        fput(*opened);
        return written.error();
    }
    // "error ENOENT", or what is in it.
    std::string_view text(std::string_view name) {
        const result<open_file*> opened = do_open(from, name, O_RDONLY, 0);
        if (!opened) return error_text(opened.error());
        const result<size_t> got =
            vfs_read(**opened, iov_iter::of_kernel(text_, sizeof text_));
        fput(*opened);
        return got ? std::string_view(text_, *got) : error_text(got.error());
    }
    std::string_view readlink(std::string_view name) {
        out_.clear();
        const result<> read = do_readlink(from, name, out_);
        return read ? out_.view() : error_text(read.error());
    }
    kstat stat(std::string_view name, u32 flags = LOOKUP_FOLLOW) {
        kstat stat{};
        const result<path> found = path_lookup(from, name, flags);
        if (!found) return stat;
        vfs_getattr(*found, stat);
        path_put(*found);
        return stat;
    }
    int lookup(std::string_view name, u32 flags = LOOKUP_FOLLOW) {
        const result<path> found = path_lookup(from, name, flags);
        if (found) path_put(*found);
        return found.error();
    }
    // ". .. a b": the names in the order of the listing.
    std::string_view list(std::string_view name, size_t bytes_at_once = 200) {
        const result<open_file*> opened = do_open(from, name, O_RDONLY | O_DIRECTORY, 0);
        if (!opened) return error_text(opened.error());
        out_.clear();
        alignas(8) char entries[200];
        int failed = 0;
        for (;;) {
            const result<size_t> got = vfs_getdents64(
                **opened,
                iov_iter::of_kernel(entries, min_of(bytes_at_once, sizeof entries)));
            failed = got.error();
            if (!got || *got == 0) break;
            for (size_t at = 0; at < *got;) {
                u16 length;
                memcpy(&length, entries + at + 16, sizeof length);
                format_to(out_, "{}{}", out_.view().empty() ? "" : " ",
                          std::string_view(entries + at + 19));
                at += length;
            }
        }
        fput(*opened);
        return failed ? error_text(failed) : out_.view();
    }

private:
    std::string_view error_text(int code) {
        out_.clear();
        format_to(out_, "error {}", errno_name(code));
        return out_.view();
    }

    result<path> root_;
    char text_[128];
    text_buffer<256> out_;
};
