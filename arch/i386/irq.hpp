// Interrupt lines: who sends, who listens, how often.
//
//      device ── line ──> irq_chip ── vector 0x20 + irq ──> IDT stub (saves registers)
//                            ^                                   │
//      handler(irq, context) │ mask, end                         v
//            ^               └────────── irq_table <─────── handle_irq(irq)
//            └────────────────────────────── │
//
// Loci knows the sixteen lines of the ISA bus, by their old numbers (0 the tick,
// 1 the keyboard, 4 COM1, ...), whichever controller brings them: a pair of 8259
// PICs (pic.cpp) or an IO-APIC with a local APIC (apic.cpp). `interrupts_init`
// takes the one that is found; drivers see only request_irq.
//
// I1: a line that nobody listens to is masked. If it speaks all the same, that is
//     said once and the line is masked again: a screaming device costs one
//     interrupt, not the machine.
// I2: an interrupt that is not spurious is ended exactly once, after its handler
//     has returned. A handler therefore never switches tasks; it asks for a switch,
//     and whoever called handle_irq makes it on the way out.
// I3: handlers run with interrupts off, do not sleep, and hold none of our locks:
//     they may request, free and print.
// I4: a chip is called under the table's lock only, so it has none of its own.
//
// Left out: shared lines and PCI's own lines above 15 (no driver needs one yet),
// priorities, and waiting on another CPU's handler in free_irq.
#pragma once

#include "lib/format.hpp"
#include "lib/result.hpp"
#include "lib/spinlock.hpp"

inline constexpr unsigned NR_IRQS = 16;
inline constexpr unsigned FIRST_IRQ_VECTOR = 0x20;

struct irq_wiring {
    u32 pin;     // the controller's own number for the line
    bool level;  // level-triggered, else edge
};

// A controller. Every call comes with interrupts off (I4).
class irq_chip {
public:
    virtual const char* name() const = 0;  // as /proc/interrupts shows it
    virtual void mask(unsigned irq) = 0;
    virtual void unmask(unsigned irq) = 0;
    virtual void end_of_interrupt(unsigned irq) = 0;
    // The vector came, yet no device asked; whatever the controller wants in
    // answer to that is done inside, end_of_interrupt is not called.
    virtual bool is_spurious(unsigned irq) = 0;
    // The line has asked and was not served yet. Works with interrupts off: it
    // shows whether a line is wired as we think.
    virtual bool is_pending(unsigned irq) = 0;
    virtual irq_wiring wiring(unsigned irq) const = 0;

protected:
    constexpr irq_chip() = default;
    ~irq_chip() = default;
};

using irq_handler = void (*)(unsigned irq, void* context);

class irq_table {
public:
    constexpr irq_table() = default;

    // Lines that have a handler move to the new chip, unmasked there.
    void use_chip(irq_chip& chip) EXCLUDES(lock_);

    // EBUSY when somebody listens already, EINVAL when there is no such line.
    // `name` is kept, not copied.
    result<void> request(unsigned irq, irq_handler handler, void* context, const char* name)
        EXCLUDES(lock_);
    void free(unsigned irq) EXCLUDES(lock_);

    // From the vector's stub, interrupts off.
    void handle(unsigned irq) EXCLUDES(lock_);
    // From the APIC's spurious vector: nothing to end, nothing to serve.
    void count_spurious() EXCLUDES(lock_);

    bool pending(unsigned irq) EXCLUDES(lock_);
    u32 count(unsigned irq) EXCLUDES(lock_);
    u32 spurious() EXCLUDES(lock_);

    // In the layout of /proc/interrupts.
    void print(text_sink& out) EXCLUDES(lock_);

private:
    struct line {
        irq_handler handler = nullptr;
        void* context = nullptr;
        const char* name = nullptr;
        u32 count = 0;
        bool reported = false;  // unhandled, and said so
    };
    struct snapshot;

    irq_spinlock lock_{"the interrupt table"};
    irq_chip* chip_ GUARDED_BY(lock_) = nullptr;
    line lines_[NR_IRQS] GUARDED_BY(lock_);
    u32 spurious_ GUARDED_BY(lock_) = 0;
};

// The machine's own table.
irq_table& the_irq_table();
result<void> request_irq(unsigned irq, irq_handler handler, void* context,
                         const char* name);
void free_irq(unsigned irq);

// For the vectors' stubs, interrupts off: 0x20 + irq, and the APIC's 0xFF.
void handle_irq(unsigned irq);
void handle_spurious_interrupt();

// Finds the controllers, takes the APIC where there is a usable one (and `noapic`
// was not said), else the PICs; all lines are masked then. Interrupts stay off.
// Defined in interrupts.cpp.
void interrupts_init();

bool interrupts_use_apic();

// For the timer, when the APIC brings no tick: go back to the PICs, with all
// requested lines. False when the PICs are in use already.
bool interrupts_fall_back_to_pic();
// For tests: takes that back. Interrupts are off.
void interrupts_return_to_apic();
