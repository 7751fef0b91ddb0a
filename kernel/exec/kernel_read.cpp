#include "kernel/exec/kernel_read.hpp"

#include "mm/cache/address_space.hpp"
#include "mm/cache/file.hpp"
#include "mm/map/kmap.hpp"
#include "mm/phys/page_alloc.hpp"

result<u32> kernel_read(file& file, u64 offset, void* to, u32 bytes) {
    if (!file.f_mapping) return err{ENOEXEC};
    const u64 end = file.size();
    if (offset >= end) return 0u;
    bytes = static_cast<u32>(min_of(u64{bytes}, end - offset));
    for (u32 done = 0; done < bytes;) {
        const u64 at = offset + done;
        const u32 in_page = static_cast<u32>(at) & ~PAGE_MASK;
        const u32 part = min_of(bytes - done, PAGE_SIZE - in_page);
        const result<page*> page = read_mapping_page(
            *file.f_mapping, static_cast<u32>(at >> PAGE_SHIFT), GFP_HIGHUSER_MOVABLE);
        if (!page) return err{page.error()};
        memcpy_from_page(static_cast<u8*>(to) + done, **page, in_page, part);
        put_page(*page);
        done += part;
    }
    return bytes;
}

result<> kernel_read_all(file& file, u64 offset, void* to, u32 bytes) {
    const result<u32> got = kernel_read(file, offset, to, bytes);
    if (!got) return err{got.error()};
    return *got == bytes ? result<>() : err{EIO};
}
