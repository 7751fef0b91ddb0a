#include "lib/boot_info.hpp"

#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

boot_info& fresh() { return in_scratch<boot_info>(); }  // too large for a kernel stack

bool prints(const e820_entry& entry, std::string_view expected) {
    text_buffer<100> out;
    format_to(out, "{}", entry);
    return out.view() == expected;
}

u32 count_of(const boot_info& boot, u32 type) {
    u32 count = 0;
    for (const e820_entry& entry : boot.map()) count += entry.type == type;
    return count;
}

}  // namespace

TEST(boot_info, prints_entries_as_linux_does) {
    EXPECT_TRUE(prints({0, 0x9fc00, 1},
                       "[mem 0x0000000000000000-0x000000000009fbff] usable"));
    EXPECT_TRUE(prints({0xfd00000000, 0x300000000, 2},
                       "[mem 0x000000fd00000000-0x000000ffffffffff] reserved"));
    EXPECT_TRUE(prints({0x1000, 1, 3},
                       "[mem 0x0000000000001000-0x0000000000001000] ACPI data"));
    EXPECT_TRUE(prints({0x1000, 16, 20},
                       "[mem 0x0000000000001000-0x000000000000100f] type 20"));
    EXPECT_TRUE(prints({0x1000, 0, 4}, "[mem 0x0000000000001000, of no length] ACPI NVS"));
    EXPECT_TRUE(prints({~u64{0} - 1, 4, 5},
                       "[mem 0xfffffffffffffffe-0x0000000000000001] (wraps) unusable"));
}

TEST(boot_info, repeats_no_note_and_keeps_only_what_fits) {
    boot_info& boot = fresh();
    for (int i = 0; i < 3; ++i) boot.note("one");
    EXPECT_EQ(boot.note_count, 1u);
    boot.note("2"), boot.note("3"), boot.note("4"), boot.note("5"), boot.note("6");
    boot.note("7"), boot.note("8"), boot.note("9"), boot.note("10");
    EXPECT_EQ(boot.note_count, u32{boot_info::max_notes});
    EXPECT_STREQ(boot.notes[7], "8");
}

TEST(boot_info, a_full_map_gives_up_usable_entries_smallest_first) {
    boot_info& boot = fresh();
    for (u64 i = 0; i < boot_info::max_e820; ++i)
        boot.add_e820({i << 20, 4096 + i, E820_RAM});
    EXPECT_EQ(boot.note_count, 0u);

    boot.add_e820({u64{1} << 40, u64{1} << 30, E820_RAM});
    EXPECT_EQ(count_of(boot, E820_RAM), 128u);
    EXPECT_EQ(boot.note_count, 1u);

    boot.add_e820({0x5000, 1, E820_RESERVED});
    boot.add_e820({0x6000, 1, 77});
    EXPECT_EQ(boot.e820_count, 128u);
    EXPECT_EQ(count_of(boot, E820_RAM), 126u);
    EXPECT_TRUE(boot.e820[0] == (e820_entry{0x5000, 1, E820_RESERVED}));
    EXPECT_TRUE(boot.e820[1] == (e820_entry{0x6000, 1, 77}));
}

TEST(boot_info, a_map_full_of_reserved_entries_stays_as_it_is) {
    boot_info& boot = fresh();
    for (u64 i = 0; i < boot_info::max_e820; ++i)
        boot.add_e820({i << 20, 4096, E820_RESERVED});
    boot.add_e820({0, 4096, E820_NVS});
    EXPECT_EQ(count_of(boot, E820_RESERVED), 128u);
}
