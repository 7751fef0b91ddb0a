// inode: a file itself, whatever it is called and however often it is open. super_block:
// the file system that it belongs to.
//
//     super_block ---s_root---> dentry "/" ---d_inode---> inode (a directory)
//         ^                                                 ^
//         +-------------------- i_sb -----------------------+
//                                                       i_op   what a name in it, or it
//                                                              by name, can be asked for
//                                                       i_fop  what it can be asked for
//                                                              when it is open
//
// I1: i_count is the number of pointers to it that are kept: of dentries, and of who uses
//     it. The last one that goes hands it to s_op->destroy_inode.
// I2: i_nlink is the number of names it has. What has none and is still open stays.
// I3: who changes a directory's names, or a file's size, holds its i_mutex.
// I4: i_writecount is the number of openings for writing, or, below 0, of those who rely
//     on nobody's writing: programs that run.
//
// An operation that is null is one that this kind of file does not have; the caller knows
// the errno for that. Those of i_op that change names run with the directory's i_mutex
// held, after all checks that need no knowledge of the file system.
//
// Left out: access times are kept where a file system sets them, and not updated by reads
// (as with noatime); extended attributes; quotas.
#pragma once

#include "fs/vfs/abi.hpp"
#include "fs/vfs/sleeping_lock.hpp"
#include "lib/format.hpp"
#include "lib/registry.hpp"
#include "lib/relaxed.hpp"
#include "lib/result.hpp"
#include "mm/cache/file.hpp"

#include <string_view>

struct dentry;
struct inode;
struct open_file_operations;
struct path;
struct pipe_inode_info;
struct super_block;

struct timespec64 {
    s64 tv_sec = 0;
    u32 tv_nsec = 0;
    bool operator==(const timespec64&) const = default;
};
// The time that files are stamped with.
timespec64 current_time();
// What a clock would have shown when uptime was 0: microseconds since 1970.
void set_boot_time(s64 microseconds);

// Who asks.
struct cred {
    u32 uid = 0, gid = 0;
};

// What stat() tells.
struct kstat {
    u32 dev, ino, mode, nlink, uid, gid, rdev, blksize;
    u64 size, blocks;  // blocks of 512 bytes
    timespec64 atime, mtime, ctime;
};

struct inode_operations {
    // The dentry is new, and stays negative unless d_instantiate() is called for it.
    result<> (*lookup)(inode& dir, dentry& name) = nullptr;
    // Whether what the cache says of the name still holds. Null: always.
    bool (*revalidate)(inode& dir, const dentry& name) = nullptr;
    // The dentries are negative, and positive afterwards. Others see the file from that
    // moment on: it has its owner before (init_owner).
    result<> (*create)(inode& dir, dentry& name, const cred& who, u32 mode) = nullptr;
    result<> (*mkdir)(inode& dir, dentry& name, const cred& who, u32 mode) = nullptr;
    result<> (*mknod)(inode& dir, dentry& name, const cred& who, u32 mode,
                      u32 device) = nullptr;
    result<> (*symlink)(inode& dir, dentry& name, const cred& who,
                        std::string_view target) = nullptr;
    result<> (*link)(inode& file, inode& dir, dentry& name) = nullptr;
    // The caller takes the name out of the cache.
    result<> (*unlink)(inode& dir, dentry& name) = nullptr;
    result<> (*rmdir)(inode& dir, dentry& name) = nullptr;
    // `to` is negative, or of the same kind as `from`. The caller moves the dentry.
    result<> (*rename)(inode& old_dir, dentry& from, inode& new_dir, dentry& to) = nullptr;
    // Both are positive, of whatever kind. The caller moves the dentries.
    result<> (*exchange)(inode& old_dir, dentry& from, inode& new_dir,
                         dentry& to) = nullptr;
    // A regular file without a name: i_nlink is 0.
    result<inode*> (*tmpfile)(inode& dir, const cred& who, u32 mode) = nullptr;
    // Of a symbolic link without i_link: its text, and where it leads, without any text.
    result<> (*readlink)(inode& link, text_sink& out) = nullptr;
    result<path> (*follow)(inode& link) = nullptr;

    u64 (*size)(const inode& file) = nullptr;
    // With i_mutex.
    result<> (*truncate)(inode& file, u64 size) = nullptr;
    // With i_mutex: `mode` of FALLOC_FL_..., known to be sound. ENOSPC, ENOMEM.
    result<> (*fallocate)(inode& file, u32 mode, u64 start, u64 end) = nullptr;
    // What differs from the usual answer.
    void (*getattr)(const inode& file, kstat& stat) = nullptr;
};

struct inode {
    inode(super_block& sb, u32 mode);
    inode(const inode&) = delete;
    inode& operator=(const inode&) = delete;

    atomic<u32> i_count{1};
    u32 i_mode;
    u32 i_ino;
    relaxed<u32> i_nlink = 1;
    u32 i_uid = 0, i_gid = 0;
    u32 i_rdev = 0;  // MKDEV, of a device
    super_block* i_sb;
    const inode_operations* i_op = nullptr;
    const open_file_operations* i_fop = nullptr;
    address_space* i_mapping = nullptr;
    const char* i_link = nullptr;  // a symbolic link's text
    pipe_inode_info* i_pipe = nullptr;  // of a FIFO that is open
    atomic<s32> i_writecount{0};
    relaxed<u32> i_locks = 0;  // of file_lock.hpp
    bool i_linkable = false;   // it has no name yet, and may get one (O_TMPFILE)
    bool i_dead = false;  // a directory that was removed: nothing is made in it any more
    timespec64 i_atime, i_mtime, i_ctime;
    sleeping_lock i_mutex{"i_mutex"};

    u64 size() const { return i_op->size ? i_op->size(*this) : 0; }
    bool is_dir() const { return S_ISDIR(i_mode); }
    bool is_link() const { return S_ISLNK(i_mode); }
};

// A name was added or removed.
inline void touch_mtime_ctime(inode& inode) {
    inode.i_mtime = inode.i_ctime = current_time();
}

inline inode* igrab(inode* inode) {
    inode->i_count.fetch_add(1, memory_order::relaxed);
    return inode;
}
void iput(inode* inode);

// I4. ETXTBSY: it runs. EACCES comes before, by permission.
result<> get_write_access(inode& inode);
void put_write_access(inode& inode);
// ETXTBSY: it is open for writing.
result<> deny_write_access(inode& inode);
void allow_write_access(inode& inode);

// It was just made for `dir`: it belongs to who made it, or to the group of a directory that
// says so (S_ISGID). Nobody becomes a group by that which he does not belong to.
void init_owner(inode& made, const inode& dir, const cred& who);

// EROFS, EACCES: `mask` of MAY_... is not allowed.
result<> inode_permission(const inode& inode, const cred& who, u32 mask);

// ---- file systems -----------------------------------------------------------------------

struct kstatfs {
    u32 type, bsize, namelen, flags;
    u64 blocks, bfree, bavail, files, ffree;
};

struct super_operations {
    void (*destroy_inode)(inode& inode);
    // The last inode is gone; the super_block goes, too.
    void (*put_super)(super_block& sb);
    void (*statfs)(const super_block& sb, kstatfs& out) = nullptr;
    // For mounts: ",size=16k"; nothing if there is nothing to say.
    void (*show_options)(const super_block& sb, text_sink& out) = nullptr;
};

struct file_system_type {
    const char* name;
    // One with a root, and the caller's reference. EINVAL: an option that is none.
    result<super_block*> (*mount)(const file_system_type& type, std::string_view options);
};
DECLARE_REGISTRY(file_system_type);
// Null: there is none of that name.
const file_system_type* get_fs_type(std::string_view name);

inline constexpr u32 SB_RDONLY = 1;

struct super_block {
    super_block(const file_system_type& type, const super_operations& operations,
                u32 magic);
    super_block(const super_block&) = delete;
    super_block& operator=(const super_block&) = delete;

    const file_system_type& s_type;
    const super_operations& s_op;
    const u32 s_magic;
    const u32 s_dev;
    relaxed<u32> s_flags = 0;
    atomic<u32> s_active{1};  // mounts of it
    atomic<u32> s_inodes{0};  // in memory
    atomic<u32> s_last_ino{0};
    dentry* s_root = nullptr;
    sleeping_lock s_vfs_rename_mutex{"s_vfs_rename_mutex"};

    bool is_readonly() const { return s_flags & SB_RDONLY; }
};

// The last mount is gone: all names leave the cache, and the super_block goes.
void deactivate_super(super_block& sb);
