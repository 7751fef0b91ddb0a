// kmap where all slots are taken: tasks wait for those of others.
#include "kernel/sched/task_fixture.hpp"
#include "lib/sync/wait_queue.hpp"
#include "mm/map/highmem.hpp"
#include "mm/map/pkmap.hpp"
#include "mm/phys/page_alloc.hpp"

#include <test.hpp>

namespace {

// A window that maps nothing, for more tasks than it has slots.
struct paper_machine final : pkmap_machine {
    wait_queue_head waiting{"a test's kmap"};
    u32 waits = 0;

    void map(u32, const page&) override {}
    void unmap(u32) override {}
    void flush(u32, u32) override {}
    bool wait(const relaxed<u32>& freed, u32 was) override {
        ++waits;
        wait_event(waiting, [&] { return u32{freed} != was; });
        return true;
    }
    void wake_up() override { wake_up_all(waiting); }
};

constexpr u32 slots = 4, tasks = 6, turns = 10;
static_assert(2 * tasks > slots);
alignas(page) char page_bytes[2 * tasks * sizeof(page)];
page& page_at(u32 i) { return reinterpret_cast<page*>(page_bytes)[i]; }
constinit pkmap_window small_window;
pkmap_slot slot_room[slots];

// One of those that map a page of their own each, and keep it for a while.
struct mapper {
    u32 number;
    atomic<u32>* done;
    void operator()() const {
        for (u32 turn = 0; turn < turns; ++turn) {
            const page& mine = page_at(number * 2 + turn % 2);
            if (small_window.map(mine) == pkmap_window::none) continue;
            yield();
            small_window.unmap(mine);
            done->fetch_add(1, memory_order::relaxed);
        }
    }
};

// One who wants a page of the kernel's own window.
struct one_more {
    page* wanted;
    atomic<u32>* done;
    void operator()() const {
        void* const mapped = kmap(wanted);
        *static_cast<u32*>(mapped) = 0x0e0e0e0e;
        done->fetch_add(1, memory_order::relaxed);
        kunmap(wanted);
    }
};

page* high_page() { return alloc_page(GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN); }

}  // namespace

TEST(kmap_wait, more_tasks_than_slots_take_turns) {
    const task_scene scene;
    paper_machine machine;
    for (u32 i = 0; i < 2 * tasks; ++i) new (&page_at(i)) page;
    new (&small_window) pkmap_window;
    for (pkmap_slot& slot : slot_room) slot = {};
    small_window.init(machine, slot_room);
    atomic<u32> done = 0;
    {
        test_thread a(mapper{0, &done}), b(mapper{1, &done}), c(mapper{2, &done});
        test_thread d(mapper{3, &done}), e(mapper{4, &done}), f(mapper{5, &done});
        ASSERT_TRUE(a.made() && b.made() && c.made() && d.made() && e.made() && f.made());
        a.start(), b.start(), c.start(), d.start(), e.start(), f.start();
        a.join(), b.join(), c.join(), d.join(), e.join(), f.join();
    }
    EXPECT_EQ(done.load(), tasks * turns);
    EXPECT_GT(machine.waits, 0u);
    EXPECT_EQ(small_window.in_use(), 0u);
    small_window.check_invariants();
}

TEST(kmap_wait, the_kernels_window_makes_wait_until_somebody_unmaps) {
    if (the_page_allocator().zone_at(ZONE_HIGHMEM).free_pages() < 2 * LAST_PKMAP)
        SKIP_TEST("it takes more high memory");
    const task_scene scene;
    page_list pages;
    for (u32 i = 0; i < LAST_PKMAP; ++i) pages.push_back(*high_page());
    for (const page& page : pages) kmap(&page);
    atomic<u32> done = 0;
    page* const more[] = {high_page(), high_page()};
    {
        test_thread a(one_more{more[0], &done}), b(one_more{more[1], &done});
        ASSERT_TRUE(a.made() && b.made());
        a.start(), b.start();
        for (u32 i = 0; i < 10; ++i) yield();
        EXPECT_EQ(done.load(), 0u);
        kunmap(&pages.front());
        a.join(), b.join();
    }
    EXPECT_EQ(done.load(), 2u);
    bool first = true;
    while (page* const page = pages.pop_front()) {
        if (!first) kunmap(page);
        first = false;
        __free_page(page);
    }
    for (page* const page : more) __free_page(page);
    kmap_flush_unused();
}
