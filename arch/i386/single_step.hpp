// For tests: an interrupt at any instruction one likes.
//
//     single_step steps(n, [] { kfree(kmalloc(32, GFP_ATOMIC)); });
//     steps.run([&] { object = kmem_cache_alloc(cache, GFP_KERNEL); });
//
// The body runs with the trap flag on, so that the CPU traps behind each of its
// instructions, through all functions that it calls. Behind the nth one there is an
// interrupt: what was given runs as its handler would, and the body goes on as it does
// behind one (restart.hpp). With n from 1 on, until it no longer comes to that, the
// body has been interrupted everywhere. Where it keeps interrupts off, there is none;
// but a body that was started with interrupts off, so that no real one comes between,
// is treated as if they were on all the time.
#pragma once

#include <cpu/irqflags.hpp>
#include "arch/i386/restart.hpp"
#include "arch/i386/traps.hpp"
#include "lib/sync/preempt.hpp"

class single_step {
public:
    using handler = void (*)();

    single_step(u32 n, handler interrupt) {
        left_ = n;
        interrupt_ = interrupt;
        interrupted_ = false;
        restarted_at_ = 0;
    }

    template <class Body>
    void run(Body body) {
        undisturbed_ = !irqs_enabled();
        const trap_observer before = set_trap_observer(observe);
        asm volatile("pushfl; orl $0x100, (%%esp); popfl" ::: "cc", "memory");
        body();
        asm volatile("pushfl; andl $~0x100, (%%esp); popfl" ::: "cc", "memory");
        set_trap_observer(before);
    }

    // The body ended before its nth instruction.
    bool too_short() const { return left_ > 0; }
    bool interrupted() const { return interrupted_; }
    // The instruction inside a restartable sequence that would have been next, had the
    // sequence not begun again; 0: it was in none.
    uintptr_t restarted_at() const { return restarted_at_; }

private:
    static constexpr u32 trap_flag = 0x100, interrupt_flag = 0x200;

    static bool observe(trap_frame& frame) {
        if (frame.vector != TRAP_DEBUG) return false;
        if (left_ > 0 && --left_ > 0) return true;
        frame.eflags &= ~trap_flag;
        if (interrupted_ || !(undisturbed_ || frame.eflags & interrupt_flag)) return true;
        interrupted_ = true;
        irq_enter();
        interrupt_();
        irq_exit();
        const u32 eip = frame.eip;
        restart_interrupted(frame);
        if (frame.eip != eip) restarted_at_ = eip;
        return true;
    }

    static inline constinit u32 left_ = 0;
    static inline constinit handler interrupt_ = nullptr;
    static inline constinit bool interrupted_ = false;
    static inline constinit bool undisturbed_ = false;
    static inline constinit uintptr_t restarted_at_ = 0;
};
