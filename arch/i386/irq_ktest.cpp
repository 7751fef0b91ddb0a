// The way of an interrupt through its stub, as far as it goes without a device: the
// stub is entered with the frame that the CPU would have pushed. The controller has
// nothing in service then, and ending that is harmless to both kinds.
#include "arch/i386/irq.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/apic.hpp"
#include "arch/i386/pic.hpp"
#include "arch/i386/traps.hpp"
#include "lib/clock.hpp"
#include "lib/sync/preempt.hpp"

#include <test.hpp>

namespace {

struct seen_irq {
    unsigned count = 0;
    unsigned irq = NR_IRQS;
    bool inside = false;
};

void note_irq(unsigned irq, void* context) {
    seen_irq& seen = *static_cast<seen_irq*>(context);
    ++seen.count;
    seen.irq = irq;
    seen.inside = in_interrupt();
}

// Interrupts off.
void enter_vector(unsigned vector) {
    asm volatile("pushfl; pushl %%cs; pushl $9f; jmp *%0\n9:" ::"r"(trap_stub(vector))
                 : "memory", "cc");
}

// A pair of PICs is asked which line it was, for these two; it knows of none.
bool is_spurious_without_device(unsigned irq) {
    return !interrupts_use_apic() && (irq == 7 || irq == 15);
}

}  // namespace

TEST(irq, each_vector_reaches_the_handler_of_its_line) {
    irq_table& table = the_irq_table();
    unsigned tried = 0;
    for (unsigned irq = 0; irq < NR_IRQS; ++irq) {
        const irq_state before = local_irq_save();
        seen_irq seen;
        if (!request_irq(irq, note_irq, &seen, "test")) {
            local_irq_restore(before);  // a driver's
            continue;
        }
        ++tried;
        const u32 count = table.count(irq), spurious = table.spurious();
        enter_vector(IRQ_VECTOR_BASE + irq);
        const u32 counted = table.count(irq) - count;
        const u32 counted_spurious = table.spurious() - spurious;
        free_irq(irq);
        local_irq_restore(before);

        const u32 is_spurious = is_spurious_without_device(irq);
        EXPECT_EQ(counted, 1 - is_spurious);
        EXPECT_EQ(counted_spurious, is_spurious);
        EXPECT_EQ(seen.count, 1 - is_spurious);
        if (is_spurious) continue;
        EXPECT_EQ(seen.irq, irq);
        EXPECT_TRUE(seen.inside);
    }
    EXPECT_GE(tried, 10u);
    EXPECT_FALSE(in_interrupt());
}

TEST(irq, the_spurious_vector_is_counted_and_nothing_else) {
    const irq_state before = local_irq_save();
    const u32 spurious = the_irq_table().spurious();
    enter_vector(SPURIOUS_VECTOR);
    const u32 counted = the_irq_table().spurious() - spurious;
    local_irq_restore(before);
    EXPECT_EQ(counted, 1u);
    EXPECT_FALSE(in_interrupt());
}
