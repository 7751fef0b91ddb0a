// ramfs from the inside: what its files and file systems have beside the usual.
#pragma once

#include "fs/ramfs/ramfs.hpp"
#include "fs/vfs/readdir.hpp"
#include "mm/cache/memory_contents.hpp"

struct ramfs_limits {
    static constexpr u32 none = ~u32{0};
    u32 pages = none, inodes = none;
    u32 mode = 01777, uid = 0, gid = 0;  // of the root directory
};

struct ramfs_super final : super_block {
    ramfs_super(const file_system_type& type, const super_operations& operations, u32 magic,
                const ramfs_limits& limits)
        : super_block(type, operations, magic), limits(limits) {}

    const ramfs_limits limits;
    atomic<u32> pages{0}, inodes{0};  // in use

    bool charge_page() { return charge(pages, limits.pages); }
    bool charge_inode() { return charge(inodes, limits.inodes); }
    void give_back_pages(u32 count) { pages.fetch_sub(count, memory_order::relaxed); }
    void give_back_inodes(u32 count) { inodes.fetch_sub(count, memory_order::relaxed); }

private:
    static bool charge(atomic<u32>& used, u32 limit) {
        if (used.fetch_add(1, memory_order::relaxed) < limit) return true;
        used.fetch_sub(1, memory_order::relaxed);
        return false;
    }
};

struct ramfs_inode final : inode {
    ramfs_inode(super_block& sb, u32 mode);

    memory_contents contents;  // of a regular file

    // Pages that have left the cache are free for others.
    void uncharge();

private:
    static const address_space_operations pages_are_counted;
    atomic<u32> charged_{0};
};

inline ramfs_inode& of(inode& inode) { return static_cast<ramfs_inode&>(inode); }
inline const ramfs_inode& of(const inode& inode) {
    return static_cast<const ramfs_inode&>(inode);
}
inline ramfs_super& of(super_block& sb) { return static_cast<ramfs_super&>(sb); }
inline const ramfs_super& of(const super_block& sb) {
    return static_cast<const ramfs_super&>(sb);
}

// ENOSPC, ENOMEM.
result<ramfs_inode*> new_ramfs_inode(super_block& sb, u32 mode);
void destroy_ramfs_inode(inode& gone);

extern const open_file_operations ramfs_file_operations, ramfs_dir_operations;

// "size=1m,nr_inodes=10,mode=755", over what `limits` says before. False: malformed.
[[nodiscard]] bool parse_ramfs_options(std::string_view options, ramfs_limits& limits);

[[nodiscard]] bool ramfs_inode_init();
