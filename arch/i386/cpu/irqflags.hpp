// This CPU's interrupt flag.
#pragma once

#include "lib/types.hpp"

struct irq_state {
    u32 eflags;
    bool enabled() const { return eflags & 0x200; }
};

inline irq_state local_irq_state() {
    irq_state state;
    asm volatile("pushfl; popl %0" : "=r"(state.eflags)::"memory");
    return state;
}

inline void local_irq_disable() { asm volatile("cli" ::: "memory"); }
inline void local_irq_enable() { asm volatile("sti" ::: "memory"); }
inline bool irqs_enabled() { return local_irq_state().enabled(); }

inline irq_state local_irq_save() {
    const irq_state state = local_irq_state();
    local_irq_disable();
    return state;
}

inline void local_irq_restore(irq_state state) {
    if (state.enabled()) local_irq_enable();
}

// Sleep until an interrupt; the two instructions cannot be torn apart by one.
inline void wait_for_interrupt() { asm volatile("sti; hlt" ::: "memory"); }
