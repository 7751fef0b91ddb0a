// What stat() and its like tell, as programs have it on i386. No structure has padding that
// the compiler adds: what is not named is not told.
#pragma once

#include "lib/types.hpp"

// oldstat: of the first Linux.
struct old_stat32 {
    u16 dev, ino, mode, nlink, uid, gid, rdev, padding;
    u32 size, atime, mtime, ctime;
};
static_assert(sizeof(old_stat32) == 32);

struct stat32 {
    u32 dev, ino;
    u16 mode, nlink, uid, gid;
    u32 rdev, size, blksize, blocks;
    u32 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    u32 unused[2];
};
static_assert(sizeof(stat32) == 64);

struct [[gnu::packed, gnu::aligned(4)]] stat64_abi {
    u64 dev;
    u32 padding0, short_ino, mode, nlink, uid, gid;
    u64 rdev;
    u32 padding3;
    s64 size;
    u32 blksize;
    u64 blocks;
    u32 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    u64 ino;
};
static_assert(sizeof(stat64_abi) == 96);

struct statx_time {
    s64 sec;
    u32 nsec, reserved;
};
struct [[gnu::packed, gnu::aligned(4)]] statx_abi {
    u32 mask, blksize;
    u64 attributes;
    u32 nlink, uid, gid;
    u16 mode, padding0;
    u64 ino, size, blocks, attributes_mask;
    statx_time atime, btime, ctime, mtime;
    u32 rdev_major, rdev_minor, dev_major, dev_minor;
    u64 mnt_id;
    u64 spare[13];
};
static_assert(sizeof(statx_abi) == 256);

struct statfs32 {
    u32 type, bsize, blocks, bfree, bavail, files, ffree, fsid[2], namelen, frsize, flags,
        spare[4];
};
static_assert(sizeof(statfs32) == 64);

struct [[gnu::packed, gnu::aligned(4)]] statfs64_abi {
    u32 type, bsize;
    u64 blocks, bfree, bavail, files, ffree;
    u32 fsid[2], namelen, frsize, flags, spare[4];
};
static_assert(sizeof(statfs64_abi) == 84);

// Devices are 12 bits of a major and 20 of a minor number, which programs have in an order
// that grew: minor's low 8, major, minor's high 12. `old`: 8 and 8.
constexpr u32 encode_device(u32 device) {
    const u32 major = device >> 20, minor = device & 0xfffff;
    return (minor & 0xff) | major << 8 | (minor & ~u32{0xff}) << 12;
}
constexpr u32 decode_device(u32 told) {
    const u32 major = told >> 8 & 0xfff, minor = (told & 0xff) | (told >> 12 & 0xfff00);
    return major << 20 | minor;
}
static_assert(decode_device(encode_device(0x12345678)) == 0x12345678);
constexpr bool is_old_device(u32 device) {
    return (device >> 20) < 256 && (device & 0xfffff) < 256;
}
constexpr u16 encode_old_device(u32 device) {
    return static_cast<u16>(device >> 20 << 8 | (device & 0xff));
}
// What does not fit 16 bits is nobody.
constexpr u16 low_id(u32 id) { return id > 0xffff ? 65534 : static_cast<u16>(id); }
