#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

TEST(mem_device, shows_the_firmware_s_memory_and_nobody_s_else) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mknod("mem", S_IFCHR | 0600, MKDEV(1, 1)), 0);
    const result<open_file*> mem = do_open(tree.from, "mem", O_RDONLY, 0);
    ASSERT_TRUE(mem);
    char bytes[16];
    const auto read_at = [&](s64 place) {
        return vfs_pread(**mem, iov_iter::of_kernel(bytes, sizeof bytes), place);
    };
    EXPECT_EQ(read_at(0xf0000).value_or(0), sizeof bytes);  // the BIOS
    EXPECT_EQ(memcmp(bytes, phys_to_virt(phys_addr(0xf0000)), sizeof bytes), 0);
    EXPECT_EQ(read_at(0x100000).error(), EPERM);            // the kernel
    EXPECT_EQ(read_at(s64{1} << 40).error(), EPERM);
    fput(*mem);
}
