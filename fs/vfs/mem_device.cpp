// /dev/mem: physical memory that is nobody's, to be read, never written.
//
//     0            640 KiB       1 MiB
//     | BIOS data |    RAM   | video, ROM |   RAM, devices ...
//         read        EPERM      read         EPERM
//
// What the page allocator gives out, and the kernel itself, is somebody's; to read a device
// may change what it does.
#include "fs/vfs/char_device.hpp"
#include "mm/phys/page.hpp"

namespace {

constexpr u32 low_frames = 0x100000 >> PAGE_SHIFT;

bool may_see(u64 frame) {
    return frame < min_of(low_frames, max_pfn) &&
           PageReserved(*pfn_to_page(pfn(static_cast<u32>(frame))));
}

result<size_t> read(open_file&, iov_iter& to, u64& pos) {
    size_t done = 0;
    int failed = 0;
    while (to.count() > 0 && !failed) {
        if (!may_see(pos >> PAGE_SHIFT)) {
            failed = EPERM;
            break;
        }
        const u32 in_page = static_cast<u32>(pos) & (PAGE_SIZE - 1);
        const size_t wanted = min_of(to.count(), size_t{PAGE_SIZE - in_page});
        const u8* const from = phys_to_virt<u8>(phys_addr(static_cast<phys_raw>(pos)));
        const size_t copied = to.copy_to(from, wanted);
        pos += copied;
        done += copied;
        if (copied < wanted) failed = EFAULT;
    }
    if (done == 0 && failed) return err{failed};
    return done;
}

result<u64> llseek(open_file& file, s64 offset, int whence) {
    if (whence == SEEK_END) return err{EINVAL};
    return generic_llseek(file, offset, whence, u64{1} << 32);
}

constexpr open_file_operations operations = {.read = read, .llseek = llseek};

}  // namespace

REGISTER(char_device, mem_device) = {
    .name = "mem", .device = MKDEV(1, 1), .mode = 0640, .operations = &operations};
