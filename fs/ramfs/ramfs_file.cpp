// What an open file of ramfs can be asked for.
#include "fs/ramfs/ramfs_inode.hpp"

#include "fs/vfs/attr.hpp"

namespace {

ramfs_inode& inode_of(open_file& file) { return of(*file.f_inode); }

result<size_t> read(open_file& file, iov_iter& to, u64& pos) {
    bool missing = false;
    const size_t done = inode_of(file).contents.read_pages(
        pos, to.count(), [&](const page* page, u32 in_page, size_t wanted) {
            const size_t taken =
                page ? to.copy_page_to(*page, in_page, wanted) : to.zero(wanted);
            missing = taken < wanted;
            return taken;
        });
    pos += done;
    if (done == 0 && missing) return err{EFAULT};
    return done;
}

result<size_t> write(open_file& file, iov_iter& from, u64& pos) {
    ramfs_inode& inode = inode_of(file);
    lock_guard held(inode.i_mutex);
    const u64 start = file.f_mode & FMODE_APPEND ? inode.contents.size() : pos;
    if (const result<> may = limit_write(start, from); !may) return err{may.error()};
    file_remove_privs(inode);
    const result<size_t> done = inode.contents.write_pages(
        start, from.count(), [&](page& page, u32 in_page, size_t wanted) {
            return from.copy_page_from(page, in_page, wanted);
        });
    inode.uncharge();
    if (!done) return done;
    if (*done == 0) return err{EFAULT};
    pos = start + *done;
    touch_mtime_ctime(inode);
    return done;
}

constexpr u64 no_page = ~u64{0};

// The first page from `index` on that is there and has been read or written.
u64 next_data_page(address_space& mapping, u32 index) {
    lock_guard held(mapping.tree_lock);
    radix_tree::found found;
    for (; mapping.page_tree.gang_lookup(index, {&found, 1}) == 1; index = found.index + 1) {
        if (PageUptodate(*static_cast<const page*>(found.item))) return found.index;
        if (found.index == ~u32{0}) break;
    }
    return no_page;
}

// The first byte of the file from `at` on that is data. Holes are not walked through.
result<u64> seek_data(ramfs_inode& inode, u64 at, u64 size) {
    const u64 next =
        next_data_page(inode.contents.i_mapping, static_cast<u32>(at >> PAGE_SHIFT));
    if (next == no_page || next << PAGE_SHIFT >= size) return err{ENXIO};
    return max_of(at, next << PAGE_SHIFT);
}

// ... that is none; the end of the file counts as a hole.
u64 seek_hole(ramfs_inode& inode, u64 at, u64 size) {
    for (; at < size; at = (at | (PAGE_SIZE - 1)) + 1) {
        const auto index = static_cast<u32>(at >> PAGE_SHIFT);
        if (next_data_page(inode.contents.i_mapping, index) != index) return at;
    }
    return size;
}

result<u64> seek_data_or_hole(ramfs_inode& inode, s64 from, bool data) {
    const u64 size = inode.contents.size(), at = static_cast<u64>(from);
    if (from < 0 || at >= size) return err{ENXIO};
    if (data) return seek_data(inode, at, size);
    return seek_hole(inode, at, size);
}

result<u64> llseek(open_file& file, s64 offset, int whence) {
    if (whence != SEEK_DATA && whence != SEEK_HOLE)
        return generic_llseek(file, offset, whence, memory_contents::MAX_LFS_FILESIZE);
    const result<u64> found =
        seek_data_or_hole(inode_of(file), offset, whence == SEEK_DATA);
    if (found) file.f_pos = *found;
    return found;
}

}  // namespace

constinit const open_file_operations ramfs_file_operations = {
    .read = read, .write = write, .llseek = llseek};
constinit const open_file_operations ramfs_dir_operations = {.llseek = dcache_dir_llseek,
                                                             .iterate = dcache_readdir};
