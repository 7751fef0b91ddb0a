#include "lib/sync/preempt.hpp"

#include "lib/sync/percpu.hpp"
#include "lib/test/sleep_reports.hpp"

#include <test.hpp>

namespace {

bool reads(const atomic_context& context, std::string_view words) {
    text_buffer<80> text;
    format_to(text, "{}", context);
    return text.view() == words;
}

DEFINE_PER_CPU(u32, events) = {0};

}  // namespace

TEST(preempt, counts_nest) {
    const u32 before = preempt_count();
    EXPECT_EQ(before, 0u);
    preempt_disable();
    preempt_disable();
    EXPECT_EQ(preempt_count(), 2u);
    EXPECT_TRUE(in_atomic());
    EXPECT_FALSE(in_interrupt());
    preempt_enable();
    EXPECT_TRUE(in_atomic());
    preempt_enable();
    EXPECT_FALSE(in_atomic());
}

TEST(preempt, interrupts_are_counted_apart) {
    const irq_state state = local_irq_save();
    preempt_disable();
    irq_enter();
    irq_enter();
    EXPECT_EQ(preempt_count(), 2 * HARDIRQ_OFFSET + 1);
    irq_exit();
    EXPECT_TRUE(in_interrupt());
    irq_exit();
    EXPECT_FALSE(in_interrupt());
    EXPECT_EQ(preempt_count(), 1u);
    preempt_enable();
    local_irq_restore(state);
    EXPECT_FALSE(in_atomic());
}

TEST(preempt, interrupts_off_is_atomic) {
    const irq_state state = local_irq_save();
    const bool atomic = in_atomic();
    local_irq_restore(state);
    EXPECT_TRUE(atomic);
    EXPECT_FALSE(in_atomic());
}

TEST(might_sleep, says_nothing_where_sleeping_is_fine) {
    sleep_reports reports;
    might_sleep("alloc_pages");
    EXPECT_EQ(reports.count(), 0u);
}

TEST(might_sleep, reports_interrupts_off_once) {
    sleep_reports reports;
    const irq_state state = local_irq_save();
    might_sleep("alloc_pages");
    local_irq_restore(state);
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_STREQ(reports.what(), "alloc_pages");
    EXPECT_TRUE((reports.context() == atomic_context{false, 0, true}));
    EXPECT_TRUE(reads(reports.context(), "interrupts off"));
}

TEST(might_sleep, reports_preemption_off_once) {
    sleep_reports reports;
    preempt_disable();
    preempt_disable();
    might_sleep("kmalloc");
    preempt_enable();
    preempt_enable();
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_STREQ(reports.what(), "kmalloc");
    EXPECT_TRUE((reports.context() == atomic_context{false, 2, false}));
    EXPECT_TRUE(reads(reports.context(), "preempt_count 2"));
}

TEST(might_sleep, reports_an_interrupt_once) {
    sleep_reports reports;
    const irq_state state = local_irq_save();
    irq_enter();
    might_sleep("vmalloc");
    irq_exit();
    local_irq_restore(state);
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_TRUE((reports.context() == atomic_context{true, 0, true}));
    EXPECT_TRUE(reads(reports.context(), "in an interrupt"));
}

TEST(might_sleep, a_held_spinlock_is_a_reason) {
    sleep_reports reports;
    irq_spinlock lock;
    {
        lock_guard held(lock);
        might_sleep("alloc_pages");
    }
    might_sleep("alloc_pages");
    EXPECT_EQ(reports.count(), 1u);
}

TEST(might_sleep, nothing_is_reported_before_the_system_is_up) {
    sleep_reports reports(false);
    preempt_disable();
    const irq_state state = local_irq_save();
    might_sleep("alloc_pages");
    local_irq_restore(state);
    preempt_enable();
    EXPECT_EQ(reports.count(), 0u);
}

TEST(might_sleep, a_per_cpu_variable_in_use_is_a_reason) {
    sleep_reports reports;
    u32& mine = get_cpu_var(events);
    ++mine;
    EXPECT_EQ(&mine, &this_cpu(events));
    might_sleep("alloc_pages");
    put_cpu_var(events);
    might_sleep("alloc_pages");
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_TRUE(reads(reports.context(), "preempt_count 1"));
}

// Each test leaves as it found it what forbids sleeping, and who asks for care.
REGISTER(conserved, preempt_count_conserved) = {
    .name = "preempt_count_word",
    .count = []() -> u64 { return this_cpu_read(preempt_count_word); },
    .check = nullptr,
};
