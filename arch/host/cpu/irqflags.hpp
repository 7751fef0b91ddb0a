// Interrupts of the simulated CPU: a flag of the thread that plays it.
#pragma once

#include "lib/types.hpp"

struct irq_state {
    bool on;
    bool enabled() const { return on; }
};

inline thread_local bool host_irqs_on = true;

inline irq_state local_irq_state() { return {host_irqs_on}; }
inline void local_irq_disable() { host_irqs_on = false; }
inline void local_irq_enable() { host_irqs_on = true; }
inline bool irqs_enabled() { return host_irqs_on; }

inline irq_state local_irq_save() {
    const irq_state state = local_irq_state();
    local_irq_disable();
    return state;
}

inline void local_irq_restore(irq_state state) {
    if (state.enabled()) local_irq_enable();
}
