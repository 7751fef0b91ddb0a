// /dev/mem: physical memory, for its owner (root) to look at, never to change.
//
//     0                                     max_pfn
//     | RAM, ROM, video memory, holes ...   |  devices
//       read(), mmap()                         mmap()
//
// To read a device may change what it does; so whoever wants that maps it.
#include "arch/i386/cpu_features.hpp"
#include "fs/vfs/char_device.hpp"
#include "mm/map/kmap.hpp"
#include "mm/phys/memory_map.hpp"
#include "mm/vm/frame_area.hpp"

namespace {

// Pages may be high, and a program's buffer may have to be faulted in: so by way of this.
struct piece {
    u8 bytes[256];

    void fill(u64 place, size_t count) {
        const void* const mapped = kmap_atomic_pfn(pfn(static_cast<u32>(place >> PAGE_SHIFT)));
        memcpy(bytes, static_cast<const u8*>(mapped) + place % PAGE_SIZE, count);
        kunmap_atomic(mapped);
    }
};

result<size_t> read(open_file&, iov_iter& to, u64& pos) {
    size_t done = 0;
    while (to.count() > 0) {
        if (pos >> PAGE_SHIFT >= max_pfn) break;
        piece some;
        const u32 left = PAGE_SIZE - static_cast<u32>(pos) % PAGE_SIZE;
        const size_t wanted = min_of(min_of(to.count(), sizeof some.bytes), size_t{left});
        some.fill(pos, wanted);
        const size_t copied = to.copy_to(some.bytes, wanted);
        pos += copied;
        done += copied;
        if (copied < wanted) break;
    }
    if (done == 0 && to.count() > 0) return err{EFAULT};
    return done;
}

result<u64> llseek(open_file& file, s64 offset, int whence) {
    if (whence == SEEK_END) return err{EINVAL};
    return generic_llseek(file, offset, whence, u64{1} << boot_decisions().phys_bits);
}

device_frame frame_of(const vm_area_struct&, u32 pgoff) {
    const auto kind = the_memory_map().kind_at(u64{pgoff} << PAGE_SHIFT);
    return {pfn(pgoff), kind && is_ram(*kind)};
}
constexpr vm_operations_struct area_operations = {.frame = frame_of};

// What the CPU's bus has no lines for would be reserved bits in an entry.
result<> mmap(file&, vm_area_struct& area) {
    if (area.vm_flags & VM_WRITE) return err{EPERM};
    const u64 end = u64{area.vm_pgoff} + area.pages();
    if (end > u64{1} << (boot_decisions().phys_bits - PAGE_SHIFT)) return err{EINVAL};
    area.vm_flags &= ~VM_MAYWRITE;
    return make_frame_area(area, area_operations);
}

constexpr open_file_operations operations = {.read = read, .llseek = llseek, .mmap = mmap};

}  // namespace

REGISTER(char_device, mem_device) = {
    .name = "mem", .device = MKDEV(1, 1), .mode = 0600, .operations = &operations};
