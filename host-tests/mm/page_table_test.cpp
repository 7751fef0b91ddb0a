// The walker over both formats: what it makes, seen by an MMU written from the manual.
#include "host-tests/support/kernel.hpp"
#include "host-tests/support/table_machine.hpp"

#include <test.hpp>

namespace {

template <class F>
class page_table_test : public testing::Test, public table_machine<F> {
public:
    using entry = typename F::entry;

    ~page_table_test() override {
        EXPECT_TRUE(this->none_lost());
        EXPECT_EQ(this->memory.nothing_mapped(), !panicked_);
    }
    // A panic leaves the table mapped that it found to be wrong.
    template <class Body>
    void expect_panic(Body body) {
        EXPECT_THROW(body(), kernel_panic);
        panicked_ = true;
    }

    void expect_page(u32 address, u64 frame, u32 size) {
        const mmu_outcome seen = this->mmu.look(address);
        ASSERT_TRUE(seen) << std::hex << address;
        EXPECT_EQ(seen.page->frame, frame) << std::hex << address;
        EXPECT_EQ(seen.page->page_size, size) << std::hex << address;
        const auto found = this->tables.find(address);
        EXPECT_TRUE(found.has_frame());
        EXPECT_EQ(found.frame_of(address + 0x123), frame);
        EXPECT_EQ(found.level, size == PAGE_SIZE ? 0u : 1u);
    }
    void expect_nothing(u32 address, u32 pages) {
        for (u32 i = 0; i < pages; ++i) {
            const u32 at = address + i * PAGE_SIZE;
            EXPECT_FALSE(this->mmu.look(at)) << std::hex << at;
            EXPECT_FALSE(this->tables.find(at).has_frame());
        }
    }
    // The error code of an access; nothing if there is no fault.
    std::optional<u32> error_of(u32 address, mmu_access access) {
        const mmu_outcome outcome = this->mmu.access(address, access);
        return outcome ? std::nullopt : std::optional(outcome.error);
    }

private:
    bool panicked_ = false;
};
using formats = testing::Types<two_level, pae>;
TYPED_TEST_SUITE(page_table_test, formats);

constexpr u32 base = 0xc0000000;

}  // namespace

TYPED_TEST(page_table_test, nothing_is_mapped_at_first) {
    this->expect_nothing(0, 2);
    this->expect_nothing(base, 2);
    this->expect_nothing(0xfffff000, 1);
    EXPECT_EQ(this->tables.find(base).raw, 0u);
}

TYPED_TEST(page_table_test, maps_small_pages) {
    ASSERT_TRUE(this->tables.map(base + 0x3000, this->far_frame, 5, {.write = true}, true));
    for (u32 i = 0; i < 5; ++i)
        this->expect_page(base + 0x3000 + i * PAGE_SIZE, this->far_frame + i * PAGE_SIZE,
                          PAGE_SIZE);
    this->expect_nothing(base, 3);
    this->expect_nothing(base + 0x8000, 3);
}

TYPED_TEST(page_table_test, maps_a_large_page_between_small_ends) {
    const u32 start = base + this->large_size - 2 * PAGE_SIZE;
    const u64 frame = this->far_frame - 2 * PAGE_SIZE;
    const u32 pages = 2 + 2 * this->large_pages + 3;
    ASSERT_TRUE(this->tables.map(start, frame, pages, {.write = true}, true));
    for (u32 i = 0; i < pages; ++i)
        this->expect_page(start + i * PAGE_SIZE, frame + u64{i} * PAGE_SIZE,
                          i < 2 || i >= pages - 3 ? PAGE_SIZE : this->large_size);
    this->expect_nothing(start - PAGE_SIZE, 1);
    this->expect_nothing(start + pages * PAGE_SIZE, 1);
    // Two tables for the ends, and the directory.
    EXPECT_EQ(this->memory.in_use(), this->is_pae ? 3u : 2u);
}

TYPED_TEST(page_table_test, uses_small_pages_where_large_ones_do_not_fit) {
    const u32 pages = 2 * this->large_pages;
    ASSERT_TRUE(this->tables.map(base, this->far_frame + PAGE_SIZE, pages, {}, true));
    for (u32 i = 0; i < pages; i += 61)
        this->expect_page(base + i * PAGE_SIZE, this->far_frame + PAGE_SIZE * u64{1 + i},
                          PAGE_SIZE);
}

TYPED_TEST(page_table_test, uses_a_table_that_stands_already) {
    ASSERT_TRUE(this->tables.populate(base, 1));
    const size_t before = this->memory.in_use();
    ASSERT_TRUE(this->tables.map(base, this->far_frame, 2 * this->large_pages, {}, true));
    EXPECT_EQ(this->memory.in_use(), before);
    this->expect_page(base, this->far_frame, PAGE_SIZE);
    this->expect_page(base + this->large_size, this->far_frame + this->large_size,
                      this->large_size);
}

TYPED_TEST(page_table_test, maps_the_last_page_and_the_first) {
    ASSERT_TRUE(this->tables.map(0xffffe000, this->far_frame, 2, {}, true));
    this->expect_page(0xffffe000, this->far_frame, PAGE_SIZE);
    this->expect_page(0xfffff000, this->far_frame + PAGE_SIZE, PAGE_SIZE);
    this->expect_nothing(0, 1);
    ASSERT_TRUE(this->tables.map(0, 0x7000, 1, {}, true));
    this->expect_page(0, 0x7000, PAGE_SIZE);
}

TYPED_TEST(page_table_test, maps_all_addresses) {
    ASSERT_TRUE(this->tables.map(0, 0, 1u << 20, {}, true));
    for (const u32 at : {0u, 0x3fffffffu, 0x40000000u, 0xbfffffffu, 0xffffffffu})
        this->expect_page(at & PAGE_MASK, at & PAGE_MASK, this->large_size);
    ASSERT_TRUE(this->unmap(0, 1u << 20));
    this->free_tables(0, 1u << 20);
    EXPECT_EQ(this->memory.in_use(), 0u);
}

TYPED_TEST(page_table_test, refuses_to_map_twice) {
    ASSERT_TRUE(this->tables.map(base, this->far_frame, 1, {}, true));
    this->expect_panic(
        [&] { static_cast<void>(this->tables.map(base, 0x9000, 1, {}, true)); });
}

TYPED_TEST(page_table_test, the_mmu_grants_what_was_said) {
    enum { present = 1, write = 2, user = 4, fetch = 16 };
    using want = std::optional<u32>;
    constexpr bool nx = TestFixture::is_pae;
    const auto at = [](u32 n) { return base + n * PAGE_SIZE; };
    ASSERT_TRUE(this->tables.map(at(0), 0, 1, {}, true));
    ASSERT_TRUE(this->tables.map(at(1), 0, 1, {.write = true, .no_execute = true}, true));
    ASSERT_TRUE(this->tables.map(at(2), 0, 1, {.user = true}, true));
    ASSERT_TRUE(this->tables.map(at(3), 0, 1, {.write = true, .user = true}, true));
    ASSERT_TRUE(this->tables.map(at(4), 0, 1, {.user = true, .inaccessible = true}, true));

    EXPECT_EQ(this->error_of(at(0), {}), want());
    EXPECT_EQ(this->error_of(at(0), {.fetch = true}), want());
    EXPECT_EQ(this->error_of(at(0), {.write = true}), want(present | write));
    EXPECT_EQ(this->error_of(at(0), {.user = true}), want(present | user));
    EXPECT_EQ(this->error_of(at(1), {.write = true}), want());
    EXPECT_EQ(this->error_of(at(1), {.fetch = true}), nx ? want(present | fetch) : want());
    EXPECT_EQ(this->error_of(at(2), {.user = true}), want());
    EXPECT_EQ(this->error_of(at(2), {.write = true, .user = true}),
              want(present | write | user));
    EXPECT_EQ(this->error_of(at(2), {.write = true}), want(present | write));
    EXPECT_EQ(this->error_of(at(3), {.write = true, .user = true}), want());
    EXPECT_EQ(this->error_of(at(4), {.user = true}), want(user));
    EXPECT_EQ(this->error_of(at(5), {.write = true}), want(write));
    this->mmu.cpu.write_protect = false;
    EXPECT_EQ(this->error_of(at(0), {.write = true}), want());
    EXPECT_EQ(this->error_of(at(2), {.write = true, .user = true}),
              want(present | write | user));
}

TYPED_TEST(page_table_test, what_the_cpu_cannot_say_faults_as_reserved) {
    enum { present = 1, reserved = 8 };
    using want = std::optional<u32>;
    ASSERT_TRUE(this->tables.map(base, this->far_frame, 1, {.no_execute = true}, true));
    ASSERT_TRUE(this->tables.map(base + this->large_size, this->far_frame,
                                 this->large_pages, {.no_execute = true}, true));
    if (!this->is_pae) {
        this->mmu.cpu.large_pages = false;  // the entry then names a table, far away
        EXPECT_ANY_THROW(this->mmu.access(base + this->large_size, {}));
        this->mmu.cpu.large_pages = true;
        return;
    }
    const auto both = [&](want expected) {
        EXPECT_EQ(this->error_of(base, {}), expected);
        EXPECT_EQ(this->error_of(base + this->large_size, {}), expected);
    };
    both(want());
    this->mmu.cpu.no_execute = false;
    both(want(present | reserved));
    this->mmu.cpu.no_execute = true;
    this->mmu.cpu.phys_bits = 35;  // tables lie below 32 GiB, the frames do not
    both(want(present | reserved));
    this->mmu.cpu.phys_bits = 36;
    both(want());
}

TYPED_TEST(page_table_test, global_and_uncached_pages_are_the_mmus_too) {
    ASSERT_TRUE(
        this->tables.map(base, 0x1000, 1, {.global = true, .uncached = true}, true));
    ASSERT_TRUE(this->tables.map(base + PAGE_SIZE, 0x1000, 1, {}, true));
    EXPECT_TRUE(this->mmu.look(base).page->global);
    EXPECT_TRUE(this->mmu.look(base).page->uncached);
    EXPECT_FALSE(this->mmu.look(base + PAGE_SIZE).page->global);
    EXPECT_FALSE(this->mmu.look(base + PAGE_SIZE).page->uncached);
}

TYPED_TEST(page_table_test, unmaps_and_shows_each_entry_once) {
    using F = TypeParam;
    const u32 start = base + this->large_size - PAGE_SIZE;
    ASSERT_TRUE(this->tables.map(start, this->far_frame - PAGE_SIZE, 2 + this->large_pages,
                                 {.write = true}, true));
    ASSERT_TRUE(this->mmu.access(start, {.write = true}));
    std::vector<std::tuple<u32, u32, unsigned, u64>> shown;
    ASSERT_TRUE(this->tables.unmap(base, 3 * this->large_pages,
                                   [&](u32 at, u32 pages, unsigned level, auto raw) {
        shown.emplace_back(at, pages, level, F::address(raw, level));
        EXPECT_EQ(F::dirty(raw), at == start);
        EXPECT_FALSE(this->mmu.look(at));
    }));
    const decltype(shown) expected = {
        {start, 1, 0, this->far_frame - PAGE_SIZE},
        {start + PAGE_SIZE, this->large_pages, 1, this->far_frame},
        {start + PAGE_SIZE + this->large_size, 1, 0, this->far_frame + this->large_size}};
    EXPECT_EQ(shown, expected);
    this->expect_nothing(base, 3 * this->large_pages);
}

TYPED_TEST(page_table_test, splits_a_large_page_that_is_unmapped_in_part) {
    ASSERT_TRUE(this->tables.map(base, this->far_frame, this->large_pages,
                                 {.write = true, .global = true, .no_execute = true},
                                 true));
    ASSERT_TRUE(this->mmu.access(base, {.write = true}));
    const mmu_page before = *this->mmu.look(base).page;
    ASSERT_TRUE(this->unmap(base + 7 * PAGE_SIZE, 3));
    this->expect_nothing(base + 7 * PAGE_SIZE, 3);
    for (u32 i = 0; i < this->large_pages; ++i) {
        if (i >= 7 && i < 10) continue;
        this->expect_page(base + i * PAGE_SIZE, this->far_frame + i * PAGE_SIZE, PAGE_SIZE);
        mmu_page now = *this->mmu.look(base + i * PAGE_SIZE).page;
        now.frame = before.frame;
        now.page_size = before.page_size;
        EXPECT_EQ(now, before);
        // What was written to is: nobody knows which part.
        EXPECT_TRUE(TypeParam::dirty(this->tables.find(base + i * PAGE_SIZE).raw));
    }
}

TYPED_TEST(page_table_test, splits_only_where_a_range_ends_inside) {
    ASSERT_TRUE(this->tables.map(base, this->far_frame, 3 * this->large_pages, {}, true));
    const size_t before = this->memory.in_use();
    ASSERT_TRUE(this->tables.protect(base + this->large_size, this->large_pages,
                                     {.write = true}));
    EXPECT_EQ(this->memory.in_use(), before);
    ASSERT_TRUE(this->tables.protect(base + this->large_size - PAGE_SIZE,
                                     this->large_pages + 2, {.write = true}));
    EXPECT_EQ(this->memory.in_use(), before + 2);
    this->expect_page(base + this->large_size, this->far_frame + this->large_size,
                      this->large_size);
    for (const auto& [page, write] :
         {std::pair{0u, false}, {this->large_pages - 1, true}, {this->large_pages, true},
          {2 * this->large_pages, true}, {2 * this->large_pages + 1, false}})
        EXPECT_EQ(this->mmu.look(base + page * PAGE_SIZE).page->write, write) << page;
}

TYPED_TEST(page_table_test, one_table_is_enough_to_split_one_large_page) {
    ASSERT_TRUE(this->tables.map(base, this->far_frame, this->large_pages, {}, true));
    std::vector<u64> others;
    while (this->memory.reserve(2)) {  // until one is left
        others.push_back(this->memory.take());
        this->memory.release();
    }
    EXPECT_TRUE(this->unmap(base + PAGE_SIZE, 2));
    this->expect_nothing(base + PAGE_SIZE, 2);
    EXPECT_FALSE(this->memory.reserve(1));
    for (const u64 table : others) this->memory.give_back(table);
}

TYPED_TEST(page_table_test, protect_keeps_marks_and_what_the_mapping_is) {
    using F = TypeParam;
    ASSERT_TRUE(this->tables.map(base, 0x6000, 2,
                                 {.write = true, .uncached = true, .special = true}, true));
    ASSERT_TRUE(this->mmu.access(base, {.write = true}));
    ASSERT_TRUE(this->tables.protect(base, 2, {.user = true, .no_execute = true}));
    const auto raw = this->tables.find(base).raw;
    EXPECT_EQ(F::rights(raw), (page_rights{.user = true, .uncached = true,
                                           .no_execute = this->is_pae, .special = true}));
    EXPECT_TRUE(F::accessed(raw) && F::dirty(raw));
    EXPECT_FALSE(F::accessed(this->tables.find(base + PAGE_SIZE).raw));
    EXPECT_EQ(F::address(raw, 0), 0x6000u);
}

TYPED_TEST(page_table_test, inaccessible_pages_come_back) {
    const u32 pages = this->large_pages + 2;
    ASSERT_TRUE(this->tables.map(base, this->far_frame, pages, {.write = true}, true));
    ASSERT_TRUE(this->tables.protect(base, pages, {.write = true, .inaccessible = true}));
    for (u32 i = 0; i < pages; ++i) {
        EXPECT_FALSE(this->mmu.look(base + i * PAGE_SIZE));
        EXPECT_TRUE(this->tables.find(base + i * PAGE_SIZE).has_frame());
    }
    // Also one of which a part is changed.
    ASSERT_TRUE(this->tables.protect(base + PAGE_SIZE, 1, {.write = true}));
    this->expect_page(base + PAGE_SIZE, this->far_frame + PAGE_SIZE, PAGE_SIZE);
    EXPECT_FALSE(this->mmu.look(base));
    ASSERT_TRUE(this->tables.protect(base, pages, {.write = true}));
    for (u32 i = 0; i < pages; ++i)
        EXPECT_EQ(this->mmu.look(base + i * PAGE_SIZE).page->frame,
                  this->far_frame + i * PAGE_SIZE);
}

TYPED_TEST(page_table_test, protect_leaves_swapped_and_absent_pages_alone) {
    using F = TypeParam;
    ASSERT_TRUE(this->tables.populate(base, 3));
    const auto swapped = F::swapped({3, 77});
    this->tables.for_each_pte(base, 1,
                              [&](auto* pte, u32) { F::store(pte->raw, swapped); });
    ASSERT_TRUE(this->tables.protect(base, 3, {.write = true}));
    EXPECT_EQ(this->tables.find(base).raw, swapped);
    EXPECT_FALSE(this->tables.find(base).has_frame());
    this->expect_nothing(base, 3);
}

TYPED_TEST(page_table_test, visits_leaves_in_order) {
    const u32 start = base + this->large_size - 2 * PAGE_SIZE;
    ASSERT_TRUE(this->tables.map(start, this->far_frame - 2 * PAGE_SIZE,
                                 2 + this->large_pages, {}, true));
    std::vector<std::tuple<u32, u32, unsigned>> seen;
    this->tables.for_each_leaf(start + PAGE_SIZE, this->large_pages,
                               [&](u32 at, u32 pages, unsigned level, auto) {
        seen.emplace_back(at, pages, level);
    });
    const decltype(seen) expected = {{start + PAGE_SIZE, 1, 0},
                                     {start + 2 * PAGE_SIZE, this->large_pages - 1, 1}};
    EXPECT_EQ(seen, expected);
}

TYPED_TEST(page_table_test, visits_the_slots_of_tables_that_are_there) {
    ASSERT_TRUE(this->tables.populate(base + this->large_size, 1));
    u32 slots = 0;
    this->tables.for_each_pte(base, 3 * this->large_pages, [&](auto* pte, u32 at) {
        EXPECT_TRUE(pte->none());
        EXPECT_EQ(at, base + this->large_size + slots++ * PAGE_SIZE);
    });
    EXPECT_EQ(slots, this->large_pages);
}

TYPED_TEST(page_table_test, frees_tables_that_lie_wholly_in_the_range) {
    const u32 pages = 3 * this->large_pages;
    ASSERT_TRUE(this->tables.populate(base, pages));
    const size_t directories = this->is_pae ? 1 : 0;
    EXPECT_EQ(this->memory.in_use(), 3 + directories);
    this->free_tables(base + PAGE_SIZE, pages - 1);
    EXPECT_EQ(this->memory.in_use(),
              1 + directories);  // the first one's beginning is not in it
    this->free_tables(base, 1u << 18);
    EXPECT_EQ(this->memory.in_use(), 0u);
}

TYPED_TEST(page_table_test, tables_that_are_in_use_are_not_freed) {
    ASSERT_TRUE(this->tables.map(base, 0x5000, 1, {}, true));
    this->expect_panic([&] { this->free_tables(base, this->large_pages); });
}

// Whoever shares top entries is told when the old entry is gone, and before anybody may
// free what it led to.
TYPED_TEST(page_table_test, tells_of_each_top_entry_that_changed) {
    std::vector<unsigned> told;
    this->memory.on_top_changed = [&](unsigned index) { told.push_back(index); };
    const auto since = [&] { return std::exchange(told, {}); };
    using indices = std::vector<unsigned>;
    const unsigned top = base >> (this->is_pae ? 30 : 22);
    const bool pae = this->is_pae;

    ASSERT_TRUE(this->tables.map(base, 0x5000, 1, {}, true));
    EXPECT_EQ(since(), indices{top});
    ASSERT_TRUE(this->tables.map(base + this->large_size, this->far_frame,
                                 this->large_pages, {}, true));
    EXPECT_EQ(since(), pae ? indices{} : indices{top + 1});
    ASSERT_TRUE(this->tables.protect(base, 2 * this->large_pages, {.write = true}));
    EXPECT_EQ(since(), pae ? indices{} : indices{top + 1});
    ASSERT_TRUE(this->tables.protect(base + this->large_size, 1, {}));
    EXPECT_EQ(since(), pae ? indices{} : indices{top + 1});
    ASSERT_TRUE(this->unmap(base, 2 * this->large_pages));
    EXPECT_EQ(since(), indices{});
    size_t gone = 0;
    this->tables.free_tables(base, 1u << 18, [&](u64 table, unsigned level) {
        ++gone;
        if (level == TypeParam::levels - 2) { EXPECT_EQ(told.size(), pae ? 1 : gone); }
        this->memory.give_back(table);
    });
    EXPECT_EQ(since(), pae ? indices{top} : (indices{top, top + 1}));
    ASSERT_TRUE(this->tables.map(base, this->far_frame, this->large_pages, {}, true));
    EXPECT_EQ(since(), indices{top});
    ASSERT_TRUE(this->tables.unmap(base, this->large_pages, [&](auto...) {
        EXPECT_EQ(told, pae ? indices{} : indices{top});
    }));
}
