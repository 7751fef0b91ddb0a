// The walker over both formats, with tables of the test's own. What an MMU makes of them
// is tested on the host (host-tests/mm/page_table_test.cpp).
#include "mm/map/page_table.hpp"

#include "arch/i386/paging/pae.hpp"
#include "arch/i386/paging/two_level.hpp"

#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

constexpr u32 arena_pages = 7;
using arena_bytes = u8[arena_pages][PAGE_SIZE];
arena_bytes& arena() { return scratch_as<arena_bytes>(); }

// A table_memory of seven pages, the first of which is the top table. Their "physical"
// addresses are made up.
class few_tables {
public:
    few_tables() {
        __builtin_memset(arena(), 0, sizeof(arena_bytes));
    }
    bool reserve(unsigned tables) {
        if (tables > arena_pages - 1 - taken_) return false;
        reserved_ = tables;
        return true;
    }
    u64 take() {
        EXPECT_GT(reserved_, 0u);
        --reserved_;
        u32 page = 1;
        while (used_ >> page & 1) ++page;
        used_ |= 1u << page;
        ++taken_;
        return first + page * PAGE_SIZE;
    }
    void release() { reserved_ = 0; }
    void top_changed(unsigned) {}
    void* directory(u64 table) { return arena()[(table - first) / PAGE_SIZE]; }
    void* map_table(u64 table) { return ++mapped_, directory(table); }
    void unmap_table(void*) { --mapped_; }

    void give_back(u64 table) {
        const u64 page = (table - first) / PAGE_SIZE;
        EXPECT_TRUE(used_ >> page & 1);
        used_ &= ~(1u << page);
        --taken_;
        __builtin_memset(arena()[page], 0, PAGE_SIZE);
    }
    u32 taken() const { return taken_; }
    int mapped() const { return mapped_; }

private:
    static constexpr u64 first = 0x300000;
    u32 used_ = 0, taken_ = 0, reserved_ = 0;
    int mapped_ = 0;
};

constexpr u32 base = 0xd0000000;
constexpr u64 frame = 0x40000000;

template <class F>
struct small_tables {
    static constexpr u32 large_pages = 1u << (F::shift(1) - PAGE_SHIFT);
    static constexpr u32 directories = F::levels - 2;

    ~small_tables() { EXPECT_EQ(memory.mapped(), 0); }

    bool maps(u32 page, u64 to, unsigned level) const {
        const auto found = tables.find(base + page * PAGE_SIZE);
        return found.has_frame() && found.level == level &&
               found.frame_of(base + page * PAGE_SIZE) == to;
    }
    u32 unmap(u32 page, u32 pages) {
        u32 shown = 0;
        EXPECT_TRUE(tables.unmap(base + page * PAGE_SIZE, pages,
                                 [&](u32, u32 count, unsigned, auto) { shown += count; }));
        return shown;
    }
    void free_tables() {
        tables.free_tables(base & 0xc0000000, 1u << 18,
                           [&](u64 table, unsigned) { memory.give_back(table); });
        EXPECT_EQ(memory.taken(), 0u);
    }

    few_tables memory;
    page_table<F, few_tables> tables{reinterpret_cast<pgd_of<F>*>(arena()[0]), memory};
};

// A large page with a small one on either side, taken apart piece by piece.
template <class F>
void map_and_unmap() {
    small_tables<F> t;
    constexpr u32 last = t.large_pages + 1;
    const u32 start = base + (t.large_pages - 1) * PAGE_SIZE;
    EXPECT_TRUE(
        t.tables.map(start, frame - PAGE_SIZE, t.large_pages + 2, {.write = true}, true));
    EXPECT_EQ(t.memory.taken(), 2 + t.directories);
    EXPECT_TRUE(t.maps(t.large_pages - 1, frame - PAGE_SIZE, 0));
    EXPECT_TRUE(t.maps(t.large_pages, frame, 1));
    EXPECT_TRUE(t.maps(t.large_pages - 1 + last, frame + t.large_pages * PAGE_SIZE, 0));
    EXPECT_FALSE(t.tables.find(start - PAGE_SIZE).has_frame());

    EXPECT_EQ(t.unmap(t.large_pages + 5, 1), 1u);
    EXPECT_EQ(t.memory.taken(), 3 + t.directories);
    EXPECT_TRUE(t.maps(t.large_pages + 4, frame + 4 * PAGE_SIZE, 0));
    EXPECT_FALSE(t.tables.find(base + (t.large_pages + 5) * PAGE_SIZE).has_frame());
    EXPECT_EQ(t.unmap(0, 3 * t.large_pages), t.large_pages + 1);
    t.free_tables();
}

template <class F>
void protect() {
    small_tables<F> t;
    EXPECT_TRUE(t.tables.map(base, frame, 2 * t.large_pages, {.write = true}, true));
    EXPECT_TRUE(t.tables.protect(base + PAGE_SIZE, t.large_pages, {.user = true}));
    EXPECT_EQ(t.memory.taken(), 2 + t.directories);
    for (const u32 page : {0u, 1u, t.large_pages, t.large_pages + 1}) {
        const page_rights rights = F::rights(t.tables.find(base + page * PAGE_SIZE).raw);
        const bool changed = page == 1 || page == t.large_pages;
        EXPECT_EQ(rights.user, changed);
        EXPECT_EQ(rights.write, !changed);
        EXPECT_TRUE(t.maps(page, frame + page * PAGE_SIZE, 0));
    }
    EXPECT_EQ(t.unmap(0, 2 * t.large_pages), 2 * t.large_pages);
    t.free_tables();
}

template <class F>
void run_out() {
    small_tables<F> t;
    EXPECT_FALSE(t.tables.map(base, frame, 8 * t.large_pages, {}, false));
    EXPECT_FALSE(t.tables.populate(base, 8 * t.large_pages));
    EXPECT_EQ(t.memory.taken(), 0u);
    EXPECT_TRUE(t.tables.map(base, frame, 8 * t.large_pages, {}, true));
    EXPECT_TRUE(t.tables.populate(base - 5 * t.large_pages * PAGE_SIZE,
                                  (5 - t.directories) * t.large_pages));
    EXPECT_FALSE(t.tables.protect(base + PAGE_SIZE, 2 * t.large_pages, {}));
    EXPECT_TRUE(t.maps(0, frame, 1));
    EXPECT_EQ(t.unmap(0, 8 * t.large_pages), 8 * t.large_pages);
    t.free_tables();
}

}  // namespace

#define PAGE_TABLE_TEST(body)                                         \
    TEST(page_table, body##_with_two_levels) { body<two_level>(); }   \
    TEST(page_table, body##_with_pae) { body<pae>(); }

PAGE_TABLE_TEST(map_and_unmap)
PAGE_TABLE_TEST(protect)
PAGE_TABLE_TEST(run_out)
