// Random work on page tables, compared page for page with a plain map of pages. The
// tables speak through an MMU that is none of theirs.
#include "host-tests/support/table_machine.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <map>

namespace {

struct model_page {
    u64 frame;
    page_rights rights;
};

// Small windows where something changes: the ends of all addresses, and a top entry's.
template <class F>
class random_tables : public table_machine<F> {
public:
    using machine = table_machine<F>;
    static constexpr u32 window_pages = 3 * machine::large_pages;
    static constexpr u32 windows[] = {0, 0xc0000000 - 2 * machine::large_size,
                                      0u - 3 * machine::large_size};

    explicit random_tables(u64 seed) : random_(seed) {}

    // One operation, whole; or, where memory fails it, none of it.
    void step(bool may_fail) {
        choose_range();
        const std::vector<u8> before =
            may_fail ? this->memory.snapshot() : std::vector<u8>();
        const size_t in_use = this->memory.in_use();
        this->memory.clear_failed();
        this->memory.fail_nth_reserve(may_fail && random_.one_in(2) ? 1 : 0);
        const unsigned kind = random_.below(14);
        const bool done = kind < 5    ? map()
                          : kind < 6  ? unmap()
                          : kind < 8  ? protect()
                          : kind < 9  ? this->tables.populate(address_, min_of(pages_, 20u))
                                      : unmap() && free_tables();
        this->memory.fail_nth_reserve(0);
        if (!done) {
            EXPECT_TRUE(this->memory.failed());
            EXPECT_EQ(this->memory.in_use(), in_use);
            EXPECT_TRUE(this->memory.snapshot() == before);
            ++failures_;
        } else {
            EXPECT_FALSE(this->memory.failed());
        }
        EXPECT_TRUE(this->none_lost());
        EXPECT_TRUE(this->memory.nothing_mapped());
        compare(address_, pages_, max_of(pages_ / 32, 1u));
    }

    void compare_all() {
        for (const u32 window : windows) compare(window, window_pages, 1);
        compare_leaves();
    }

    void clear() {
        for (const u32 window : windows) {
            address_ = window;
            pages_ = window_pages;
            ASSERT_TRUE(unmap());
        }
        this->machine::free_tables(0, 1u << 20);
        EXPECT_EQ(this->memory.in_use(), 0u);
    }

    unsigned failures() const { return failures_; }
    unsigned large_seen() const { return large_seen_; }

private:
    u32 number(u32 page) const { return (address_ >> PAGE_SHIFT) + page; }

    void choose_range() {
        const u32 window = windows[random_.below(3)];
        const u32 near = machine::large_pages * random_.below(3);
        const u32 first = random_.one_in(3) ? random_.below(window_pages) : near;
        const u32 most = window_pages - first;
        pages_ = random_.one_in(2)   ? most
                 : random_.one_in(2) ? random_.between(1, most)
                                     : random_.between(1, min_of(most, 20u));
        address_ = window + first * PAGE_SIZE;
    }

    page_rights any_rights() {
        const u32 bits = static_cast<u32>(random_.next());
        return {.write = (bits & 1) != 0,
                .user = (bits & 2) != 0,
                .global = (bits & 4) != 0,
                .no_execute = F::levels == 3 && (bits & 8),
                .inaccessible = (bits & 0x70) == 0};
    }

    bool map() {
        // What is mapped already bounds the range.
        u32 free = 0;
        while (free < pages_ && !model_.contains(number(free))) ++free;
        pages_ = free;
        if (pages_ == 0) {
            pages_ = 1;
            return this->tables.populate(address_, 0);
        }
        u64 frame = machine::far_frame + u64{random_.below(1u << 16)} * PAGE_SIZE;
        if (random_.one_in(2))  // large pages fit
            frame = align_down(frame, machine::large_size) |
                    (address_ & (machine::large_size - 1));
        page_rights rights = any_rights();
        rights.uncached = random_.one_in(8);
        if (!this->tables.map(address_, frame, pages_, rights, !random_.one_in(4)))
            return false;
        for (u32 i = 0; i < pages_; ++i)
            model_[number(i)] = {frame + u64{i} * PAGE_SIZE, rights};
        return true;
    }

    bool unmap() {
        u32 shown = 0;
        const bool done = this->tables.unmap(
            address_, pages_, [&](u32 at, u32 pages, unsigned level, auto raw) {
                for (u32 i = 0; i < pages; ++i) {
                    const auto page = model_.find((at >> PAGE_SHIFT) + i);
                    ASSERT_TRUE(page != model_.end());
                    EXPECT_EQ(F::address(raw, level) + u64{i} * PAGE_SIZE,
                              page->second.frame);
                    model_.erase(page);
                }
                shown += pages;
            });
        EXPECT_TRUE(done || shown == 0);
        if (done)
            for (u32 i = 0; i < pages_; ++i) { EXPECT_FALSE(model_.contains(number(i))); }
        return done;
    }

    bool protect() {
        const page_rights rights = any_rights();
        if (!this->tables.protect(address_, pages_, rights)) return false;
        for (u32 i = 0; i < pages_; ++i) {
            const auto page = model_.find(number(i));
            if (page == model_.end()) continue;
            const bool uncached = page->second.rights.uncached;
            page->second.rights = rights;
            page->second.rights.uncached = uncached;
        }
        return true;
    }

    // Of the range, as far as nothing is mapped.
    bool free_tables() {
        u32 free = 0;
        while (free < pages_ && !model_.contains(number(free))) ++free;
        this->machine::free_tables(address_, free);
        return true;
    }

    // Every nth page, and the last.
    void compare(u32 start, u32 pages, u32 n) {
        for (u32 i = 0; i < pages; i = i + 1 == pages ? pages : min_of(i + n, pages - 1)) {
            const u32 address = start + i * PAGE_SIZE;
            const auto page = model_.find(address >> PAGE_SHIFT);
            const mmu_outcome seen = this->mmu.look(address);
            const auto found = this->tables.find(address);
            ASSERT_EQ(found.has_frame(), page != model_.end()) << std::hex << address;
            if (page == model_.end()) {
                ASSERT_FALSE(seen) << std::hex << address;
                continue;
            }
            page_rights rights = page->second.rights;
            ASSERT_EQ(found.frame_of(address), page->second.frame);
            ASSERT_EQ(static_cast<bool>(seen), !rights.inaccessible) << std::hex << address;
            if (!seen) continue;
            ASSERT_EQ(*seen.page,
                      (mmu_page{.frame = page->second.frame,
                                .page_size = seen.page->page_size,
                                .write = rights.write,
                                .user = rights.user,
                                .no_execute = rights.no_execute,
                                .global = rights.global,
                                .uncached = rights.uncached}))
                << std::hex << address;
            large_seen_ += seen.page->page_size > PAGE_SIZE;
        }
    }

    void compare_leaves() {
        auto page = model_.begin();
        this->tables.for_each_leaf(
            0, 1u << 20, [&](u32 at, u32 pages, unsigned level, auto raw) {
                for (u32 i = 0; i < pages; ++i, ++page) {
                    ASSERT_TRUE(page != model_.end());
                    ASSERT_EQ(page->first, (at >> PAGE_SHIFT) + i);
                    ASSERT_EQ(page->second.frame,
                              F::address(raw, level) + u64{i} * PAGE_SIZE);
                }
            });
        EXPECT_TRUE(page == model_.end());
    }

    random_source random_;
    std::map<u32, model_page> model_;
    u32 address_ = 0, pages_ = 0;
    unsigned failures_ = 0, large_seen_ = 0;
};

template <class F>
class page_table_model_test : public testing::Test {};
using formats = testing::Types<two_level, pae>;
TYPED_TEST_SUITE(page_table_model_test, formats);

}  // namespace

TYPED_TEST(page_table_model_test, random_work_agrees_with_a_map_of_pages) {
    for (u64 seed = 1; seed <= 4 && !this->HasFatalFailure(); ++seed) {
        SCOPED_TRACE(seed);
        random_tables<TypeParam> tables(seed);
        for (unsigned n = 0; n < 100 && !this->HasFailure(); ++n) {
            tables.step(false);
            if (n % 50 == 49) tables.compare_all();
        }
        tables.compare_all();
        EXPECT_GT(tables.large_seen(), 0u);
        tables.clear();
    }
}

TYPED_TEST(page_table_model_test, a_failure_leaves_every_table_as_it_was) {
    unsigned failures = 0;
    for (u64 seed = 1; seed <= 4 && !this->HasFatalFailure(); ++seed) {
        SCOPED_TRACE(seed);
        random_tables<TypeParam> tables(100 + seed);
        for (unsigned n = 0; n < 100 && !this->HasFailure(); ++n) tables.step(true);
        tables.compare_all();
        failures += tables.failures();
        tables.clear();
    }
    EXPECT_GT(failures, 20u);
}
