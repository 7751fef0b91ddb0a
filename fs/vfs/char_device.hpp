// Character devices: what an inode of kind S_IFCHR leads to, by number. Whoever has one
// registers it; devtmpfs, or mknod, gives it a name.
//
//     REGISTER(char_device, null_device) = {
//         .name = "null", .device = MKDEV(1, 3), .mode = 0666,
//         .operations = &null_operations};
#pragma once

#include "fs/vfs/open_file.hpp"

struct char_device {
    const char* name;  // in /dev
    u32 device;        // MKDEV
    u32 mode;
    const open_file_operations* operations;
    bool (*is_there)() = nullptr;  // null: always
};
DECLARE_REGISTRY(char_device);

// Of FIFOs: fs/pipe has them.
extern const open_file_operations pipe_operations;

// For i_fop of an inode that is a file system's own in name only; null: what cannot be
// opened.
const open_file_operations* special_file_operations(u32 mode);
