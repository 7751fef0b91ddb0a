#include "fs/vfs/char_device.hpp"

namespace {

// The device's operations take the place of these.
result<> open_by_number(inode& inode, open_file& file) {
    for (const char_device* const device : registered<char_device>()) {
        if (device->device != inode.i_rdev) continue;
        file.f_ops = device->operations;
        return file.f_ops->open ? file.f_ops->open(inode, file) : result<>{};
    }
    return err{ENXIO};
}

constexpr open_file_operations by_number = {.open = open_by_number};

}  // namespace

const open_file_operations* special_file_operations(u32 mode) {
    if (S_ISFIFO(mode)) return &pipe_operations;
    return S_ISCHR(mode) ? &by_number : nullptr;
}
