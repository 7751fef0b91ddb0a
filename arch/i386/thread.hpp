// What of a task the CPU knows, and how it goes from one to the next (spec F10).
//
//     stack of prev                             stack of next
//     | ...                |                    | ...                |
//     | who called         |                    | who called         |
//     | switch_to, ebp ... |                    | switch_to, ebp ... |
//     | eflags             | <- prev.esp        | eflags             | <- next.esp
//
// A task that does not run is just such a stack: switch_stacks() pushes what a called
// function must preserve, stores esp, takes the other's, and pops. So it returns into the
// other task, at the place where that one once called it. A new task's stack is laid out as
// if it had, at the beginning of kernel_thread_start().
//
// Beside the stack a task has its own: the trap frame that is being handled (esp0 tells the
// CPU where the next one from ring 3 goes), the registers of FPU and SSE (fpu.hpp), if it
// uses any, and three descriptors of the GDT. Segment registers need nothing: ring 3's are in its trap frame, and all of the
// kernel has the same.
#pragma once

#include "arch/i386/segments.hpp"
#include "arch/i386/traps.hpp"
#include "lib/types.hpp"

struct fpu_state;

struct thread_struct {
    u32 esp = 0;   // first: switch_to.S knows its place
    u32 esp0 = 0;  // the end of the kernel stack
    trap_frame* trap = nullptr;
    fpu_state* fpu = nullptr;  // null: it has used none yet
    // Thread-local storage: the descriptors GDT_ENTRY_TLS_MIN and behind it.
    static constexpr u32 tls_entries = 3;
    segment_descriptor tls[tls_entries] = {};
    bool uses_tls = false;
    // Of the last exception in ring 3, for who handles its signal.
    u32 trap_nr = 0, error_code = 0, cr2 = 0;

    // Where traps from ring 3 leave what is restored on the way back.
    trap_frame& user_frame() const {
        return reinterpret_cast<trap_frame*>(uintptr_t{esp0})[-1];
    }
};
// The current thread's have changed.
void load_tls(const thread_struct& thread);

// The first switch to it calls function(argument), which does not return, with interrupts
// off and after schedule_tail().
void prepare_thread(thread_struct& thread, void* stack, u32 stack_size,
                    void (*function)(void*), void* argument);

// A program's: the first switch to it returns to ring 3 by a copy of that frame, after
// schedule_tail() and user_thread_starts().
void prepare_user_thread(thread_struct& thread, void* stack, u32 stack_size,
                         const trap_frame& frame);

// Interrupts are off. Returns when somebody has switched back to `prev`: who that was.
thread_struct& switch_to(thread_struct& prev, thread_struct& next);

// ---- what the scheduler defines ------------------------------------------------------
// The first thing that a new task does: the counterpart of what follows switch_to().
extern "C" void schedule_tail(thread_struct* before);
// Interrupts are off afterwards, as behind prepare_return_to_user().
void user_thread_starts(trap_frame& frame);
// An interrupt returns to code in which interrupts were on: the CPU may go to somebody else
// first. Interrupts are off before and after.
void preempt_schedule_irq();
