// What the boot window says when boot is over.
#include "arch/i386/paging/boot_tables.hpp"

#include "arch/i386/cpu_features.hpp"
#include "arch/i386/early_ioremap.hpp"

#include <test.hpp>

TEST(boot_window, is_closed_once_there_is_vmalloc) {
    EXPECT_FALSE(early_ioremap(phys_addr(0xF0000), PAGE_SIZE));
    EXPECT_FALSE(boot_window_map(phys_addr(0x1000), PAGE_SIZE, boot_use::stack));
}

TEST(boot_window, knows_memory_from_devices) {
    EXPECT_TRUE(is_memory_at(virt_to_phys(&boot_cpu()).raw()));
    EXPECT_FALSE(is_memory_at(0xFEE00000));
}
