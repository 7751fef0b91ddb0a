// kmap's window over a machine that is a table in the test: which page each slot shows,
// and what the TLB may still remember.
#include "mm/map/pkmap.hpp"

#include "lib/random.hpp"

#include <test.hpp>

#include <new>

namespace {

constexpr u32 slots = 8;
constexpr u32 nr_pages = 24;
alignas(page) char page_bytes[nr_pages * sizeof(page)];
page& page_at(u32 i) { return reinterpret_cast<page*>(page_bytes)[i]; }

struct fake_machine final : pkmap_machine {
    const page* entry[slots] = {};
    const page* remembered[slots] = {};  // by a TLB that forgets nothing by itself
    u32 flushes = 0, waits = 0, wakes = 0;
    pkmap_window* helper_window = nullptr;  // who waits is helped by unmapping ...
    const page* helper_page = nullptr;      // ... this

    void map(u32 slot, const page& page) override {
        EXPECT_TRUE(!entry[slot]);
        EXPECT_TRUE(!remembered[slot]);  // I1: or the old page would show
        entry[slot] = remembered[slot] = &page;
    }
    void unmap(u32 slot) override {
        EXPECT_TRUE(entry[slot]);
        entry[slot] = nullptr;
    }
    void flush(u32 first, u32 count) override {
        ++flushes;
        for (u32 i = first; i < first + count; ++i) remembered[i] = entry[i];
    }
    bool wait(const relaxed<u32>&, u32) override {
        ++waits;
        if (!helper_window) return false;
        pkmap_window* const window = helper_window;
        helper_window = nullptr;
        window->unmap(*helper_page);
        return true;
    }
    void wake_up() override { ++wakes; }
};

constinit pkmap_window window;
pkmap_slot slot_room[slots];

// All of this file's tests use one window: each starts it anew.
fake_machine& fresh() {
    alignas(fake_machine) static char room[sizeof(fake_machine)];
    fake_machine& machine = *new (room) fake_machine;
    for (u32 i = 0; i < nr_pages; ++i) new (&page_at(i)) page;
    new (&window) pkmap_window;
    for (pkmap_slot& slot : slot_room) slot = {};
    window.init(machine, slot_room);
    return machine;
}

}  // namespace

TEST(pkmap, a_page_has_one_slot_however_often_it_is_mapped) {
    const fake_machine& machine = fresh();
    const u32 slot = window.map(page_at(3));
    ASSERT_NE(slot, pkmap_window::none);
    EXPECT_EQ(machine.entry[slot], &page_at(3));
    EXPECT_EQ(window.map(page_at(3)), slot);
    EXPECT_EQ(window.slot_of(page_at(3)), slot);
    EXPECT_EQ(window.in_use(), 1u);
    window.unmap(page_at(3));
    EXPECT_EQ(window.in_use(), 1u);
    window.unmap(page_at(3));
    EXPECT_EQ(window.in_use(), 0u);
    window.check_invariants();
}

TEST(pkmap, what_nobody_uses_stays_for_who_comes_back) {
    const fake_machine& machine = fresh();
    const u32 slot = window.map(page_at(1));
    window.unmap(page_at(1));
    EXPECT_EQ(machine.entry[slot], &page_at(1));
    EXPECT_EQ(window.map(page_at(1)), slot);
    window.unmap(page_at(1));
    EXPECT_EQ(machine.flushes, 0u);
}

TEST(pkmap, one_flush_serves_a_whole_round) {
    const fake_machine& machine = fresh();
    for (u32 round = 0; round < 4; ++round)
        for (u32 i = 0; i < slots; ++i) {
            const page& page = page_at(round % 2 * slots + i);
            ASSERT_NE(window.map(page), pkmap_window::none);
            window.unmap(page);
            window.check_invariants();
        }
    EXPECT_EQ(machine.flushes, 4u);
    EXPECT_EQ(window.sweeps(), 4u);
}

TEST(pkmap, users_survive_a_sweep) {
    const fake_machine& machine = fresh();
    const u32 used = window.map(page_at(0));
    const u32 unused = window.map(page_at(1));
    window.unmap(page_at(1));
    window.sweep();
    EXPECT_EQ(machine.entry[used], &page_at(0));
    EXPECT_TRUE(!machine.entry[unused]);
    EXPECT_TRUE(!machine.remembered[unused]);
    EXPECT_EQ(window.slot_of(page_at(1)), pkmap_window::none);
    window.check_invariants();
}

TEST(pkmap, waits_when_all_are_in_use) {
    fake_machine& machine = fresh();
    for (u32 i = 0; i < slots; ++i) ASSERT_NE(window.map(page_at(i)), pkmap_window::none);
    EXPECT_EQ(window.in_use(), slots);
    EXPECT_EQ(window.map(page_at(slots)), pkmap_window::none);
    EXPECT_EQ(machine.waits, 1u);

    machine.helper_window = &window;
    machine.helper_page = &page_at(5);
    const u32 slot = window.map(page_at(slots));
    ASSERT_NE(slot, pkmap_window::none);
    EXPECT_EQ(machine.waits, 2u);
    EXPECT_EQ(machine.wakes, 1u);
    EXPECT_EQ(machine.entry[slot], &page_at(slots));
    EXPECT_EQ(window.slot_of(page_at(5)), pkmap_window::none);
    window.check_invariants();
}

TEST(pkmap, who_waited_may_find_the_page_mapped) {
    fake_machine& machine = fresh();
    for (u32 i = 0; i < slots; ++i) ASSERT_NE(window.map(page_at(i)), pkmap_window::none);
    machine.helper_window = &window;
    machine.helper_page = &page_at(2);
    ASSERT_NE(window.map(page_at(9)), pkmap_window::none);
    ASSERT_NE(window.map(page_at(9)), pkmap_window::none);
    EXPECT_EQ(machine.waits, 1u);
}

TEST(pkmap, random_users_see_their_pages) {
    const fake_machine& machine = fresh();
    random_source random(7);
    u32 users[nr_pages] = {};
    u32 mapped = 0;
    for (u32 step = 0; step < 5000; ++step) {
        const u32 i = random.below(nr_pages);
        const bool more = users[i] ? random.one_in(3) : mapped < slots;
        if (more && users[i] < 5) {
            const u32 slot = window.map(page_at(i));
            ASSERT_NE(slot, pkmap_window::none);
            mapped += users[i]++ == 0;
        } else if (users[i]) {
            window.unmap(page_at(i));
            mapped -= --users[i] == 0;
        }
        for (u32 k = 0; k < nr_pages; ++k)
            if (users[k]) ASSERT_EQ(machine.remembered[window.slot_of(page_at(k))], &page_at(k));
        ASSERT_EQ(window.in_use(), mapped);
    }
    window.check_invariants();
}
