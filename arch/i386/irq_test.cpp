#include "arch/i386/irq.hpp"

#include <test.hpp>

namespace {

class fake_chip final : public irq_chip {
public:
    const char* name() const override { return "fake"; }
    void mask(unsigned irq) override { masked |= 1u << irq; }
    void unmask(unsigned irq) override { masked &= ~(1u << irq); }
    void end_of_interrupt(unsigned irq) override {
        ++ended[irq];
        handler_ran_before_end = handler_runs > 0;
    }
    bool is_spurious(unsigned irq) override { return irq == 7; }
    bool is_pending(unsigned irq) override { return irq == 3; }
    irq_wiring wiring(unsigned irq) const override { return {irq, irq == 9}; }

    bool is_masked(unsigned irq) const { return masked & (1u << irq); }

    u32 masked = 0;
    u32 ended[NR_IRQS] = {};
    u32 handler_runs = 0;
    bool handler_ran_before_end = false;
};

void count_run(unsigned, void* context) {
    ++static_cast<fake_chip*>(context)->handler_runs;
}

struct machine {
    fake_chip chip;
    irq_table table;
    machine() { table.use_chip(chip); }
};

bool contains(std::string_view text, std::string_view part) {
    for (; text.size() >= part.size(); text.remove_prefix(1))
        if (text.starts_with(part)) return true;
    return false;
}

}  // namespace

TEST(irq, a_chip_starts_with_every_line_masked) {
    machine m;
    EXPECT_EQ(m.chip.masked, 0xffffu);
}

TEST(irq, a_requested_line_is_unmasked_served_and_ended) {
    machine m;
    ASSERT_TRUE(m.table.request(5, count_run, &m.chip, "card"));
    EXPECT_EQ(m.chip.masked, 0xffffu & ~(1u << 5));
    m.table.handle(5);
    m.table.handle(5);
    EXPECT_EQ(m.chip.handler_runs, 2u);
    EXPECT_EQ(m.chip.ended[5], 2u);
    EXPECT_TRUE(m.chip.handler_ran_before_end);
    EXPECT_EQ(m.table.count(5), 2u);
    EXPECT_EQ(m.table.count(6), 0u);
}

TEST(irq, a_line_has_one_listener) {
    machine m;
    ASSERT_TRUE(m.table.request(5, count_run, &m.chip, "first"));
    EXPECT_EQ(m.table.request(5, count_run, &m.chip, "second").error(), EBUSY);
    EXPECT_EQ(m.table.request(NR_IRQS, count_run, &m.chip, "none").error(), EINVAL);
    m.table.free(5);
    EXPECT_TRUE(m.chip.is_masked(5));
    EXPECT_TRUE(m.table.request(5, count_run, &m.chip, "second"));
}

TEST(irq, a_spurious_interrupt_is_counted_and_nothing_else) {
    machine m;
    ASSERT_TRUE(m.table.request(7, count_run, &m.chip, "printer"));
    m.table.handle(7);
    m.table.count_spurious();
    EXPECT_EQ(m.table.spurious(), 2u);
    EXPECT_EQ(m.table.count(7), 0u);
    EXPECT_EQ(m.chip.ended[7], 0u);
    EXPECT_EQ(m.chip.handler_runs, 0u);
}

TEST(irq, a_line_without_listener_is_masked_and_ended) {
    machine m;
    m.chip.masked = 0;
    m.table.handle(11);
    EXPECT_TRUE(m.chip.is_masked(11));
    EXPECT_EQ(m.chip.ended[11], 1u);
    EXPECT_EQ(m.table.count(11), 1u);
}

TEST(irq, requested_lines_move_to_a_new_chip) {
    machine m;
    fake_chip other;
    ASSERT_TRUE(m.table.request(5, count_run, &m.chip, "card"));
    m.table.use_chip(other);
    EXPECT_EQ(m.chip.masked, 0xffffu);
    EXPECT_EQ(other.masked, 0xffffu & ~(1u << 5));
    m.table.handle(5);
    EXPECT_EQ(other.ended[5], 1u);
    EXPECT_EQ(m.chip.ended[5], 0u);
}

TEST(irq, pending_asks_the_chip) {
    machine m;
    EXPECT_TRUE(m.table.pending(3));
    EXPECT_FALSE(m.table.pending(4));
    EXPECT_FALSE(m.table.pending(NR_IRQS));
}

TEST(irq, prints_the_layout_of_proc_interrupts) {
    machine m;
    ASSERT_TRUE(m.table.request(1, count_run, &m.chip, "keyboard"));
    ASSERT_TRUE(m.table.request(9, count_run, &m.chip, "disk"));
    m.table.handle(1);
    m.table.handle(7);
    text_buffer<400> out;
    m.table.print(out);
    EXPECT_TRUE(contains(out.view(), "           CPU0\n"));
    EXPECT_TRUE(contains(out.view(), "  1:          1      fake   1-edge   keyboard\n"));
    EXPECT_TRUE(contains(out.view(), "  9:          0      fake   9-level  disk\n"));
    EXPECT_TRUE(contains(out.view(), "SPU:          1  Spurious interrupts\n"));
    EXPECT_FALSE(contains(out.view(), "  2:"));
}
