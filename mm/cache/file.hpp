// An open file, as far as memory management knows one: enough to map it. fs/ derives its
// own from this.
//
//     task A's table  fd 3 --+
//     task B's table  fd 7 --+--> file  f_count 3     the place, the mode: of this opening
//     vm_area_struct.vm_file-+      |
//                                   v f_mapping
//                               address_space         the pages: of the file itself
//
// I1: f_count is the number of pointers to the file that are kept anywhere. The last one
//     that goes calls f_op->release, which frees it.
#pragma once

#include "lib/atomic.hpp"
#include "lib/format.hpp"
#include "lib/result.hpp"

struct address_space;
struct file;
struct vm_area_struct;

// f_mode: what it may be used for.
inline constexpr u32 FMODE_READ = 0x1, FMODE_WRITE = 0x2, FMODE_EXEC = 0x20;

// Devices by number, as maps prints them: "08:01".
constexpr u32 MKDEV(u32 major, u32 minor) { return major << 20 | minor; }
constexpr u32 MAJOR(u32 device) { return device >> 20; }
constexpr u32 MINOR(u32 device) { return device & 0xfffff; }

struct file_operations {
    // Nobody has the file any more: all of it goes.
    void (*release)(file& file);
    // How many bytes it has now.
    u64 (*size)(const file& file);
    // What maps calls it; returns how many bytes that were.
    size_t (*name)(const file& file, text_sink& out);
    // The area is about to map it, and all else about it is right. Null: its pages are
    // those of f_mapping.
    result<> (*mmap)(file& file, vm_area_struct& area) = nullptr;
};

struct file {
    atomic<u32> f_count{1};
    u32 f_mode = 0;
    u32 f_flags = 0;  // of open()
    address_space* f_mapping = nullptr;
    const file_operations* f_op = nullptr;
    u32 i_ino = 0;
    u32 s_dev = 0;  // MKDEV

    u64 size() const { return f_op->size(*this); }
    size_t name(text_sink& out) const { return f_op->name(*this, out); }
};

inline file* get_file(file* file) {
    file->f_count.fetch_add(1, memory_order::relaxed);
    return file;
}
inline void fput(file* file) {
    const u32 before = file->f_count.fetch_sub(1, memory_order::acq_rel);
    kassert(before > 0, "file {} is put once too often", file);
    if (before == 1) file->f_op->release(*file);
}
