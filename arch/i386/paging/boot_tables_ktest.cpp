// What the boot window refuses. It gives the room of its last mapping back, so these
// tests leave it as they found it.
#include "arch/i386/paging/boot_tables.hpp"

#include "arch/i386/cpu_features.hpp"
#include "arch/i386/early_ioremap.hpp"

#include <test.hpp>

namespace {

phys_addr at(u64 address) { return phys_addr(static_cast<phys_raw>(address)); }

// Where the next mapping of a page would be.
void* next_place() {
    void* const place = early_ioremap(at(0xF0000), PAGE_SIZE);
    if (place) early_iounmap(place, PAGE_SIZE);
    return place;
}

}  // namespace

TEST(boot_window, gives_a_page_back) {
    void* const place = next_place();
    ASSERT_TRUE(place);
    EXPECT_EQ(next_place(), place);
    const void* const inside = early_ioremap(at(0xF0123), 16);
    EXPECT_EQ(inside, static_cast<void*>(static_cast<char*>(place) + 0x123));
    early_iounmap(const_cast<void*>(inside), 16);
    EXPECT_EQ(next_place(), place);
}

TEST(boot_window, refuses_addresses_the_machine_does_not_have) {
    void* const place = next_place();
    const u64 end = u64{1} << boot_decisions().phys_bits;
    EXPECT_FALSE(early_ioremap(at(end - PAGE_SIZE), PAGE_SIZE + 1));
    EXPECT_FALSE(boot_window_map(at(end - 1), 2, false));
    if (end < ~phys_raw{0}) {
        EXPECT_FALSE(early_ioremap(at(end), 1));
        EXPECT_FALSE(early_ioremap(at(u64{1} << 63), PAGE_SIZE));
        EXPECT_FALSE(early_ioremap(at(~u64{0} - 10), 100));
    }
    EXPECT_EQ(next_place(), place);
    // The last page there is can be mapped; it is not touched.
    void* const last = early_ioremap(at(end - PAGE_SIZE), PAGE_SIZE);
    EXPECT_EQ(last, place);
    if (last) early_iounmap(last, PAGE_SIZE);
}

TEST(boot_window, refuses_what_is_empty_or_too_long) {
    void* const place = next_place();
    EXPECT_FALSE(boot_window_map(at(0xF0000), 0, true));
    EXPECT_FALSE(boot_window_map(at(0x1000), BOOT_WINDOW_END - BOOT_WINDOW, true));
    EXPECT_FALSE(boot_window_map(at(0x1000), 0xFFFFF000, true));
    EXPECT_EQ(next_place(), place);
}

TEST(boot_window, knows_memory_from_devices) {
    EXPECT_TRUE(is_memory_at(virt_to_phys(&boot_cpu()).raw()));
    EXPECT_FALSE(is_memory_at(0xFEE00000));
}
