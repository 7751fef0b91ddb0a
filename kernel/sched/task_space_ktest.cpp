// What of the machine belongs to a task: its address space, which kernel threads borrow, and
// the registers of FPU and SSE.
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/control.hpp"
#include "arch/i386/fpu.hpp"
#include "kernel/sched/task_fixture.hpp"
#include "mm/map/init_mm.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

#include <test.hpp>

namespace {

// The current task is a program's, as far as memory goes.
class in_new_space {
public:
    in_new_space() : mm_(mm_alloc()) {
        if (mm_) use_mm(mm_);
    }
    ~in_new_space() {
        if (!mm_) return;
        use_mm(nullptr);
        mmput(*mm_);
    }
    mm_struct* mm() const { return mm_; }

private:
    mm_struct* mm_;
};

u32 read_x87() {
    u32 value = 0;
    asm volatile("fistl %0" : "=m"(value));
    return value;
}
void load_x87(u32 value) { asm volatile("fninit\n\tfildl %0" ::"m"(value)); }

}  // namespace

TEST(task_space, a_kernel_thread_borrows_what_is_loaded) {
    const task_scene scene;
    mm_struct* seen_mm = nullptr;
    mm_struct* seen_active = nullptr;
    u32 count = 0;
    mm_struct* space = nullptr;
    test_thread thread([&] {
        seen_mm = current_mm();
        seen_active = current_task()->active_mm;
        if (space) count = space->mm_count;
    });
    ASSERT_TRUE(thread.made());
    const in_new_space program;
    ASSERT_TRUE(program.mm());
    space = program.mm();
    thread.start();
    thread.join();
    EXPECT_TRUE(seen_mm == nullptr);
    EXPECT_TRUE(seen_active == space);
    EXPECT_EQ(count, 2u);                   // the program's, and the borrower's
    EXPECT_EQ(u32{space->mm_count}, 1u);    // given back
    EXPECT_TRUE(current_mm() == space);
}

TEST(task_space, a_program_and_kernel_threads_load_cr3_no_time) {
    const task_scene scene;
    constexpr u32 turns = 20;
    test_thread thread([] {
        for (u32 i = 0; i < turns; ++i) yield();
    });
    ASSERT_TRUE(thread.made());
    const in_new_space program;
    ASSERT_TRUE(program.mm());
    const u32 loads = mm_loads(), switches = nr_context_switches();
    thread.start();
    for (u32 i = 0; i < turns; ++i) yield();
    thread.join();
    EXPECT_GE(nr_context_switches() - switches, turns);
    EXPECT_EQ(mm_loads() - loads, 0u);
}

TEST(task_space, two_programs_load_it_at_each_switch) {
    const task_scene scene;
    atomic<bool> ready = false, go = false;
    mm_struct* seen = nullptr;
    mm_struct* others = nullptr;
    test_thread thread([&] {
        const in_new_space program;
        others = program.mm();
        ready = true;
        while (!go) yield();
        seen = current_mm();
    });
    ASSERT_TRUE(thread.made());
    const in_new_space program;
    ASSERT_TRUE(program.mm());
    thread.start();
    while (!ready) yield();
    const u32 loads = mm_loads();
    yield();
    EXPECT_EQ(mm_loads() - loads, 2u);  // there and back
    go = true;
    thread.join();
    EXPECT_TRUE(seen == others);
    EXPECT_TRUE(current_mm() == program.mm());
}

// What the kernel maps once it has spaces: each of them finds it, and needs no table for that
// which it does not have (mm/map/init_mm.hpp).
TEST(task_space, what_the_kernel_maps_is_in_every_space) {
    constexpr u32 pages = 1100;  // more than a table's worth
    if (the_page_allocator().managed_pages() < 4 * pages) SKIP_TEST("it takes more memory");
    const task_scene scene;
    atomic<bool> ready = false, failed = false;
    u32* volatile mapped = nullptr;
    u32 wrong = 0;
    test_thread thread([&] {
        const in_new_space other;
        ready = true;
        while (!mapped && !failed) yield();
        for (u32 i = 0; mapped && i < pages; ++i) wrong += mapped[i * (PAGE_SIZE / 4)] != 0x5eaf00d;
        if (mapped) mapped[1] = 0xf00d;
    });
    ASSERT_TRUE(thread.made());
    const in_new_space program;
    ASSERT_TRUE(program.mm());
    thread.start();
    while (!ready) yield();
    page* const frame = alloc_page(GFP_KERNEL);
    auto** const frames = static_cast<page**>(kmalloc(pages * sizeof(page*), GFP_KERNEL));
    failed = !frame || !frames;
    ASSERT_FALSE(failed);
    for (u32 i = 0; i < pages; ++i) frames[i] = frame;
    *static_cast<u32*>(phys_to_virt(page_to_phys(frame))) = 0x5eaf00d;
    void* const area = vmap(frames, pages, VM_MAP, kernel_rights(true));
    failed = !area;
    ASSERT_TRUE(area);
    mapped = static_cast<u32*>(area);
    thread.join();
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(mapped[1], 0xf00du);
    EXPECT_EQ(mapped[(pages - 1) * (PAGE_SIZE / 4) + 1], 0xf00du);
    vunmap(area);
    kfree(frames);
    __free_page(frame);
}

TEST(task_space, x87_registers_are_a_tasks_own) {
    if (!has_fpu()) SKIP_TEST("there is no FPU");
    const task_scene scene;
    bool kept[2] = {true, true};
    const auto count_in_fpu = [&](u32 who) {
        kept[who] = task_use_fpu(*current_task());
        for (u32 i = 0; i < 20 && kept[who]; ++i) {
            load_x87(who * 1000 + i);
            yield();
            kept[who] = read_x87() == who * 1000 + i;
        }
    };
    test_thread a([&] { count_in_fpu(0); });
    test_thread b([&] { count_in_fpu(1); });
    ASSERT_TRUE(a.made() && b.made());
    a.start();
    b.start();
    a.join();
    b.join();
    EXPECT_TRUE(kept[0]);
    EXPECT_TRUE(kept[1]);
}

TEST(task_space, registers_that_a_task_has_not_used_are_off) {
    if (!has_fpu()) SKIP_TEST("there is no FPU");
    const task_scene scene;
    u32 wrong = 0;
    const auto look_around = [&](bool use) {
        if (use) wrong += !task_use_fpu(*current_task());
        for (u32 i = 0; i < 20; ++i) {
            wrong += !(read_cr0() & CR0_TS) != use;
            yield();
        }
        if (use) forget_fpu(*current_task());
        wrong += !(read_cr0() & CR0_TS);
    };
    test_thread user([&] { look_around(true); });
    test_thread other([&] { look_around(false); });
    ASSERT_TRUE(user.made() && other.made());
    user.start();
    other.start();
    user.join();
    other.join();
    EXPECT_EQ(wrong, 0u);
}

TEST(task_space, sse_registers_are_a_tasks_own) {
    if (!boot_cpu().sse || !boot_decisions().use_fxsr) SKIP_TEST("there is no SSE");
    const task_scene scene;
    bool kept[2] = {true, true};
    const auto count_in_sse = [&](u32 who) {
        kept[who] = task_use_fpu(*current_task());
        for (u32 i = 0; i < 20 && kept[who]; ++i) {
            u32 value = who * 1000 + i;
            asm volatile("movss %0, %%xmm7" ::"m"(value));
            yield();
            value = 0;
            asm volatile("movss %%xmm7, %0" : "=m"(value));
            kept[who] = value == who * 1000 + i;
        }
    };
    test_thread a([&] { count_in_sse(0); });
    test_thread b([&] { count_in_sse(1); });
    ASSERT_TRUE(a.made() && b.made());
    a.start();
    b.start();
    a.join();
    b.join();
    EXPECT_TRUE(kept[0]);
    EXPECT_TRUE(kept[1]);
}
