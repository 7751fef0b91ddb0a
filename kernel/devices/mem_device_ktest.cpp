#include "fs/vfs/vfs_fixture.hpp"
#include "mm/map/kmap.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/mm.hpp"

#include <test.hpp>

namespace {

// /dev/mem, open.
struct opened_device {
    test_tree tree;
    open_file* file = nullptr;

    explicit opened_device(u32 flags = O_RDONLY) {
        if (!tree || tree.mknod("mem", S_IFCHR | 0600, MKDEV(1, 1)) != 0) return;
        file = do_open(tree.from, "mem", flags, 0).value_or(nullptr);
    }
    ~opened_device() {
        if (file) fput(file);
    }
};

}  // namespace

TEST(mem_device, shows_all_of_physical_memory) {
    opened_device mem;
    ASSERT_TRUE(mem.file);
    char bytes[16];
    const auto read_at = [&](u64 place) {
        return vfs_pread(*mem.file, iov_iter::of_kernel(bytes, sizeof bytes),
                         static_cast<s64>(place));
    };
    for (const u64 place : {u64{0xf0000}, u64{0x100000}, u64{0x100000} + PAGE_SIZE - 7}) {
        EXPECT_EQ(read_at(place).value_or(0), sizeof bytes);
        EXPECT_EQ(memcmp(bytes, phys_to_virt(phys_addr(static_cast<phys_raw>(place))),
                         sizeof bytes), 0);
    }
    // A page of high memory, where there is some.
    page* const page = alloc_page(GFP_HIGHUSER | __GFP_ZERO);
    ASSERT_TRUE(page);
    memcpy_to_page(*page, 100, "sixteen letters", 16);
    EXPECT_EQ(read_at(page_to_phys(page).raw() + 100).value_or(0), sizeof bytes);
    EXPECT_STREQ(bytes, "sixteen letters");
    __free_page(page);
    EXPECT_EQ(read_at(u64{max_pfn} << PAGE_SHIFT).error(), EFAULT);
    EXPECT_EQ(read_at(u64{1} << 40).error(), EFAULT);
}

TEST(mem_device, is_mapped_for_reading_only) {
    opened_device mem(O_RDWR);
    ASSERT_TRUE(mem.file);
    mm_struct* const mm = mm_alloc();
    ASSERT_TRUE(mm);
    const auto map = [&](u32 prot, u32 flags, u32 pgoff) {
        return do_mmap(*mm, 0, 2 * PAGE_SIZE, prot, flags, mem.file, pgoff);
    };
    EXPECT_EQ(map(PROT_READ | PROT_WRITE, MAP_SHARED, 0xb8).error(), EPERM);
    EXPECT_EQ(map(PROT_READ, MAP_SHARED, 0xfffff000).error(), EINVAL);
    const result<u32> mapped = map(PROT_READ, MAP_SHARED, 0xb8);
    EXPECT_TRUE(mapped);
    EXPECT_EQ(do_mprotect(*mm, mapped.value_or(0), PAGE_SIZE, PROT_READ | PROT_WRITE).error(),
              EACCES);
    mmput(*mm);
}
