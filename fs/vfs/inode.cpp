#include "fs/vfs/inode.hpp"

#include "fs/vfs/dentry.hpp"
#include "lib/clock.hpp"

namespace {

constinit atomic<u32> last_device{16};  // 0:17 is the first; the lowest are mm/cache's
s64 boot_time_us = 0;

}  // namespace

void set_boot_time(s64 microseconds) { boot_time_us = microseconds; }

timespec64 current_time() {
    const u64 now = uptime_us() + static_cast<u64>(boot_time_us);
    return {static_cast<s64>(now / 1000000), static_cast<u32>(now % 1000000) * 1000};
}

inode::inode(super_block& sb, u32 mode)
    : i_mode(mode), i_ino(sb.s_last_ino.fetch_add(1, memory_order::relaxed) + 1),
      i_sb(&sb) {
    sb.s_inodes.fetch_add(1, memory_order::relaxed);
    i_atime = i_mtime = i_ctime = current_time();
}

void iput(inode* inode) {
    const u32 before = inode->i_count.fetch_sub(1, memory_order::acq_rel);
    kassert(before > 0, "inode I1: inode {} is put once too often", inode->i_ino);
    if (before > 1) return;
    kassert(inode->i_writecount.load() == 0, "inode I4: inode {} goes, its writers are {}",
            inode->i_ino, inode->i_writecount.load());
    super_block& sb = *inode->i_sb;
    sb.s_op.destroy_inode(*inode);
    sb.s_inodes.fetch_sub(1, memory_order::relaxed);
}

// ---- who writes, and who forbids it (I4) ------------------------------------------------

namespace {

// Moves the count away from 0 by `step`, unless it is on the other side.
result<> count_writer(inode& inode, s32 step) {
    s32 seen = inode.i_writecount.load(memory_order::relaxed);
    for (;;) {
        if (step > 0 ? seen < 0 : seen > 0) return err{ETXTBSY};
        if (inode.i_writecount.compare_exchange_strong(seen, seen + step,
                                                       memory_order::acq_rel,
                                                       memory_order::relaxed))
            return {};
    }
}

}  // namespace

result<> get_write_access(inode& inode) { return count_writer(inode, 1); }
result<> deny_write_access(inode& inode) { return count_writer(inode, -1); }

void put_write_access(inode& inode) {
    const s32 before = inode.i_writecount.fetch_sub(1, memory_order::release);
    kassert(before > 0, "inode I4: a writer of inode {} leaves, there were {}", inode.i_ino,
            before);
}
void allow_write_access(inode& inode) {
    const s32 before = inode.i_writecount.fetch_add(1, memory_order::release);
    kassert(before < 0, "inode I4: writers of inode {} are allowed again, the count was {}",
            inode.i_ino, before);
}

// ---- permission -------------------------------------------------------------------------

void init_owner(inode& made, const inode& dir, const cred& who) {
    made.i_uid = who.uid;
    made.i_gid = who.gid;
    if (!(dir.i_mode & S_ISGID)) return;
    made.i_gid = dir.i_gid;
    if (made.is_dir()) made.i_mode |= S_ISGID;
    else if (made.i_mode & S_IXGRP && who.uid != 0 && who.gid != dir.i_gid)
        made.i_mode &= ~u32{S_ISGID};
}

// Root may all, but execute what nobody may.
result<> inode_permission(const inode& inode, const cred& who, u32 mask) {
    const u32 mode = inode.i_mode;
    if (mask & MAY_WRITE && inode.i_sb->is_readonly() &&
        (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
        return err{EROFS};
    mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
    if (who.uid == 0) {
        if (!(mask & MAY_EXEC) || inode.is_dir() || mode & S_IXUGO) return {};
        return err{EACCES};
    }
    const u32 granted = who.uid == inode.i_uid   ? mode >> 6
                        : who.gid == inode.i_gid ? mode >> 3
                                                 : mode;
    if ((mask & ~granted & 7) == 0) return {};
    return err{EACCES};
}

// ---- file systems -----------------------------------------------------------------------

super_block::super_block(const file_system_type& type, const super_operations& operations,
                         u32 magic)
    : s_type(type), s_op(operations), s_magic(magic),
      s_dev(MKDEV(0, last_device.fetch_add(1, memory_order::relaxed) + 1)) {}

const file_system_type* get_fs_type(std::string_view name) {
    for (const file_system_type* const type : registered<file_system_type>())
        if (type->name == name) return type;
    return nullptr;
}

void deactivate_super(super_block& sb) {
    if (sb.s_active.fetch_sub(1, memory_order::acq_rel) > 1) return;
    shrink_dcache_for_umount(sb);
    kassert(sb.s_inodes.load() == 0, "{} is unmounted with {} inodes in use",
            sb.s_type.name, sb.s_inodes.load());
    sb.s_op.put_super(sb);
}
