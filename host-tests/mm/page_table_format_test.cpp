// Each function of a page-table format, held against what the manual calls the bits.
#include "host-tests/support/table_machine.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <thread>

namespace {

template <class F>
class page_table_format_test : public testing::Test {
public:
    using entry = typename F::entry;
    static constexpr bool is_pae = F::levels == 3;

    // Every combination there is.
    template <class Body>
    static void for_each_rights(Body body) {
        for (unsigned n = 0; n < 128; ++n)
            body(page_rights{.write = (n & 1) != 0,
                             .user = (n & 2) != 0,
                             .global = (n & 4) != 0,
                             .uncached = (n & 8) != 0,
                             .no_execute = (n & 16) != 0,
                             .inaccessible = (n & 32) != 0,
                             .special = (n & 64) != 0});
    }
    // What an entry can say of them.
    static page_rights sayable(page_rights rights) {
        rights.no_execute &= is_pae;
        rights.global &= !rights.inaccessible;
        return rights;
    }
    static std::vector<u64> frames(unsigned level) {
        const u64 end = u64{1} << (is_pae ? 52 : 32);
        const u64 size = u64{1} << F::shift(level);
        return {0, size, 0x4000'0000, end / 2, end - size};
    }
};
using formats = testing::Types<two_level, pae>;
TYPED_TEST_SUITE(page_table_format_test, formats);

}  // namespace

TYPED_TEST(page_table_format_test, a_leaf_says_what_it_was_made_of) {
    using F = TypeParam;
    for (const unsigned level : {0u, 1u})
        for (const u64 frame : TestFixture::frames(level))
            TestFixture::for_each_rights([&](page_rights rights) {
                const auto e = F::leaf(frame, rights, level);
                EXPECT_EQ(F::address(e, level), frame);
                EXPECT_EQ(F::rights(e), TestFixture::sayable(rights));
                EXPECT_EQ(F::present(e), !rights.inaccessible);
                EXPECT_TRUE(F::has_frame(e));
                EXPECT_TRUE(F::is_leaf(e, level));
                EXPECT_FALSE(F::is_swapped(e));
                EXPECT_FALSE(F::accessed(e));
                EXPECT_FALSE(F::dirty(e));
            });
}

TYPED_TEST(page_table_format_test, a_leaf_sets_the_bits_of_the_manual) {
    using F = TypeParam;
    for (const unsigned level : {0u, 1u})
        TestFixture::for_each_rights([&](page_rights rights) {
            if (rights.inaccessible) return;
            const u64 e = F::leaf(0x40000000, rights, level);
            EXPECT_EQ(e >> 0 & 1, 1u);
            EXPECT_EQ(e >> 1 & 1, rights.write);
            EXPECT_EQ(e >> 2 & 1, rights.user);
            EXPECT_EQ(e >> 3 & 1, 0u);
            EXPECT_EQ(e >> 4 & 1, rights.uncached);
            EXPECT_EQ(e >> 7 & 1, level);
            EXPECT_EQ(e >> 8 & 1, rights.global);
            EXPECT_EQ(e >> 63 & 1, rights.no_execute && F::levels == 3);
        });
}

TYPED_TEST(page_table_format_test, an_empty_entry_says_nothing) {
    using F = TypeParam;
    EXPECT_FALSE(F::present(0));
    EXPECT_FALSE(F::has_frame(0));
    EXPECT_FALSE(F::is_swapped(0));
}

TYPED_TEST(page_table_format_test, a_table_is_no_leaf_and_narrows_nothing) {
    using F = TypeParam;
    for (unsigned level = 1; level < F::levels; ++level)
        for (const u64 table : {u64{0x1000}, u64{0xfffff000}}) {
            const auto e = F::table(table, level);
            EXPECT_TRUE(F::present(e));
            EXPECT_FALSE(F::is_leaf(e, level));
            EXPECT_EQ(F::address(e, level), table);
            // A PDPTE has no rights, and faults if those bits are set.
            EXPECT_EQ(e & 6, level == 2 ? 0u : 6u);
        }
}

TYPED_TEST(page_table_format_test, swap_entries_come_back_up_to_the_limits) {
    using F = TypeParam;
    random_source random(1);
    for (u32 type = 0; type < swap_entry::types; ++type)
        for (const u32 offset : {u32{0}, u32{1}, u32{F::max_swap_offset} / 2 + 1,
                                 u32{F::max_swap_offset} - 1, u32{F::max_swap_offset},
                                 static_cast<u32>(random.next()) & F::max_swap_offset}) {
            const swap_entry swap{static_cast<u8>(type), offset};
            const auto e = F::swapped(swap);
            EXPECT_EQ(F::swap_of(e), swap);
            EXPECT_TRUE(F::is_swapped(e));
            EXPECT_FALSE(F::present(e));
            EXPECT_FALSE(F::has_frame(e));
        }
}

TYPED_TEST(page_table_format_test, marks_are_read_set_and_cleared) {
    using F = TypeParam;
    auto slot = F::leaf(0x5000, {.write = true, .no_execute = true}, 0);
    const auto unmarked = slot;
    EXPECT_FALSE(F::test_and_clear_accessed(slot));
    for (const bool accessed : {false, true})
        for (const bool dirty : {false, true}) {
            slot = F::with_marks(unmarked, accessed, dirty);
            EXPECT_EQ(slot, unmarked | (accessed ? 0x20 : 0) | (dirty ? 0x40 : 0));
            EXPECT_EQ(F::accessed(slot), accessed);
            EXPECT_EQ(F::dirty(slot), dirty);
            EXPECT_EQ(F::mkold(slot), F::with_marks(unmarked, false, dirty));
            EXPECT_EQ(F::test_and_clear_accessed(slot), accessed);
            EXPECT_EQ(slot, F::with_marks(unmarked, false, dirty));
            EXPECT_EQ(F::with_marks(slot, false, false), unmarked);
        }
}

TYPED_TEST(page_table_format_test, changes_keep_the_marks) {
    using F = TypeParam;
    const auto before = F::with_marks(F::leaf(0x5000, {.write = true}, 0), true, true);
    const auto after = F::leaf(0x5000, {.user = true, .no_execute = true}, 0);

    auto slot = before;
    F::change(slot, after);
    EXPECT_EQ(slot, F::with_marks(after, true, true));

    slot = F::with_marks(after, false, false);
    F::change(slot, before);  // whose marks are not the CPU's
    EXPECT_EQ(slot, F::with_marks(before, false, false));

    slot = before;
    EXPECT_EQ(F::exchange(slot, after), before);
    EXPECT_EQ(slot, after);

    slot = before;
    F::write_protect(slot);
    EXPECT_EQ(slot, before & ~decltype(before){2});

    F::store(slot, after);
    EXPECT_EQ(slot, after);
    EXPECT_FALSE(F::replace(slot, before, 0));
    EXPECT_EQ(slot, after);
    EXPECT_TRUE(F::replace(slot, after, before));
    EXPECT_EQ(slot, before);
}

// Between data and code lies nothing that is both, and nothing that is neither.
TYPED_TEST(page_table_format_test, a_change_is_seen_as_a_whole) {
    using F = TypeParam;
    const auto data = F::leaf(0x5000, {.write = true, .no_execute = true}, 0);
    const auto code = F::leaf(0x5000, {.user = true}, 0);
    alignas(8) auto slot = data;
    std::atomic<unsigned> changes{0};
    std::thread other([&] {
        for (unsigned i = 0; i < 1'000'000; changes = ++i)
            F::change(slot, i % 2 ? data : code);
    });
    while (changes < 1'000'000) {
        const auto seen = __atomic_load_n(&slot, __ATOMIC_RELAXED);
        if (seen == data || seen == code) continue;
        ADD_FAILURE() << std::hex << seen;
        break;
    }
    other.join();
}
