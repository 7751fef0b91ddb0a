// Traps: whatever makes the CPU leave its instruction stream.
//
// Each vector has a stub in trap_entry.S that pushes what the CPU did not (a
// zero where there is no error code, then the vector) and joins one common path:
//
//        ring 0 or 3            trap_entry.S             C++
//     ┌───────────────┐  IDT  ┌───────────────┐      ┌─────────────┐
//     │ instruction   ├──────>│ stub, save all├─────>│ handle_trap │
//     │               │<──────┤ restore, iret │<─────┤ (frame)     │
//     └───────────────┘       └───────────────┘      └─────────────┘
//
// handle_trap asks in this order: is it an interrupt line; does a test observe
// traps; is it a page fault that mm/vm resolves; does the exception table know the
// instruction (extable.hpp). What is left is a bug, and goes to unhandled_trap, which the
// kernel floor defines.
//
// System calls (int 0x80) have an entry of their own beside that path, and go to
// handle_system_call. Whatever came from ring 3 asks prepare_return_to_user before it goes
// back there: signals are delivered, and another task may have its turn. What an exception
// means to a program the floors above decide (user_trap).
//
// A double fault (8) is different: the stack cannot be trusted, so a task gate
// switches to a task of its own with a stack of its own.
//
// I1: a handler may change the frame; what it leaves is what is restored.
// I2: handlers of interrupts, page faults (CR2!), NMIs and debug traps start with
//     interrupts off; other exceptions leave them as they were.
#pragma once

#include <cpu/percpu.hpp>
#include "lib/types.hpp"

#include <string_view>

// What trap_entry.S leaves on the stack, lowest address first.
struct trap_frame {
    u32 ebx, ecx, edx, esi, edi, ebp, eax;
    u32 ds, es, fs, gs;
    u32 vector;
    u32 error_code;  // of a system call: its number, Linux's orig_eax
    u32 eip, cs, eflags;
    u32 user_esp, user_ss;  // only there when the trap came from ring 3

    bool from_user() const { return (cs & 3) == 3; }
    // The stack pointer of the interrupted code.
    u32 esp() const {
        return from_user() ? user_esp : reinterpret_cast<uintptr_t>(&user_esp);
    }
};
static_assert(sizeof(trap_frame) == 18 * 4);

enum trap_vector : u8 {
    TRAP_DIVIDE = 0,
    TRAP_DEBUG = 1,
    TRAP_NMI = 2,
    TRAP_BREAKPOINT = 3,
    TRAP_OVERFLOW = 4,
    TRAP_BOUNDS = 5,
    TRAP_INVALID_OPCODE = 6,
    TRAP_DEVICE_NOT_AVAILABLE = 7,
    TRAP_DOUBLE_FAULT = 8,
    TRAP_INVALID_TSS = 10,
    TRAP_SEGMENT_NOT_PRESENT = 11,
    TRAP_STACK_SEGMENT = 12,
    TRAP_GENERAL_PROTECTION = 13,
    TRAP_PAGE_FAULT = 14,
    TRAP_X87 = 16,
    TRAP_ALIGNMENT = 17,
    TRAP_MACHINE_CHECK = 18,
    TRAP_SIMD = 19,
};

inline constexpr unsigned SYSCALL_VECTOR = 0x80;
inline constexpr unsigned IRQ_VECTOR_BASE = 0x20;
inline constexpr unsigned IRQ_VECTORS = 16;
inline constexpr unsigned SPURIOUS_VECTOR = 0xff;

// "page fault", "general protection fault" ...
std::string_view trap_name(unsigned vector);
bool trap_has_error_code(unsigned vector);

// Fills and loads the IDT, its gates pointing at `KERNEL_CS`. `base` is that of
// the segments in force (segments_init). The double-fault task gate is added by
// the call after paging.
void traps_init(u32 base);
void double_fault_gate_init();

// -- what the floors above define -----------------------------------------------
[[noreturn]] void unhandled_trap(trap_frame& frame);
// The interrupted state comes from the task that was left.
[[noreturn]] void double_fault();
// A program's exception that is no page fault: it gets a signal.
void user_trap(trap_frame& frame);
// Interrupts are on; they are off afterwards, so that nothing comes between this and iret.
void prepare_return_to_user(trap_frame& frame);
extern "C" void handle_system_call(trap_frame* frame);

// To ring 3, for the first time; interrupts are off. The frame is where the next trap from
// there will build one: at the end of the kernel stack.
extern "C" [[noreturn]] void leave_to_user(trap_frame* frame);

DECLARE_PER_CPU(trap_frame*, innermost_trap);
// The innermost trap that is being handled on this CPU, or null.
inline trap_frame* current_trap_frame() { return this_cpu_read(innermost_trap); }
// For who switches tasks: another one's from here on. The one before.
inline trap_frame* set_current_trap_frame(trap_frame* frame) {
    trap_frame* const before = this_cpu_read(innermost_trap);
    this_cpu_write(innermost_trap, frame);
    return before;
}

// A test's eye: sees each exception before everything else; true means dealt with.
using trap_observer = bool (*)(trap_frame& frame);
trap_observer set_trap_observer(trap_observer observer);

// Who resolves page faults: CR2 was read already, interrupts are still off. True: the
// instruction runs again.
using page_fault_handler = bool (*)(trap_frame& frame, u32 address);
void set_page_fault_handler(page_fault_handler handler);

// For tests: the address of a vector's stub.
uintptr_t trap_stub(unsigned vector);
