#include "kernel/panic/panic.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "arch/i386/segments.hpp"
#include "drivers/power/power.hpp"
#include "drivers/screen/screen.hpp"
#include "kernel/console/console.hpp"
#include "kernel/panic/backtrace.hpp"
#include "lib/assert.hpp"
#include "lib/boot_param.hpp"
#include "lib/clock.hpp"
#include "lib/console.hpp"
#include "lib/parse.hpp"
#include "lib/proc_file.hpp"
#include "lib/symbol.hpp"
#include "mm/map/kernel_fault.hpp"
#include "mm/map/kernel_stack.hpp"

extern "C" [[noreturn]] void switch_stack_and_call(u32 top, void (*function)(u32), u32 argument);

namespace {

struct panic_cause {
    std::string_view format;
    std::span<const format_arg> args;
    // Of a failed assertion, else null.
    const char* file;
    int line;
    const char* condition;
    // The trap that nobody handled, else null, and its stack pointer.
    const trap_frame* trap;
    u32 esp;
    // The frame that the panic was called from.
    uintptr_t ebp;
    bool interrupts_on;
};

unsigned depth;
u32 reboot_after_seconds;
alignas(16) char panic_stack[8192];

[[noreturn]] void stop() {
    if (reboot_after_seconds) {
        format_to(console_out(), "Rebooting in {} seconds.\n", reboot_after_seconds);
        for (u32 i = 0; i < reboot_after_seconds * 100; ++i) udelay(10000);
        reboot_machine();
    }
    qemu_exit(127);
    for (;;) asm volatile("cli; hlt");
}

void print_reason(text_sink& out, const panic_cause& cause) {
    out.write("\nKernel panic: ");
    if (cause.condition)
        format_to(out, "{}:{}: {} does not hold:\n  ", cause.file, cause.line, cause.condition);
    vformat(out, cause.format, cause.args);
    out.write("\n");
}

void print_control_registers(text_sink& out, bool interrupts_on) {
    format_to(out, "  cr0 {:08x}  cr2 {:08x}  cr3 {:08x}", read_cr0(), read_cr2(), read_cr3());
    if (boot_decisions().write_cr4) format_to(out, "  cr4 {:08x}", read_cr4());
    format_to(out, "\n  paging {}, interrupts were {}, after {} ms\n",
              paging_is_on() ? "on" : "off", interrupts_on ? "on" : "off",
              static_cast<u32>(uptime_us() / 1000));
}

// Counts the lines that go by, to know what has left the screen.
class line_counter final : public text_sink {
public:
    explicit line_counter(text_sink& out) : out_(out) {}
    void write(std::string_view text) override {
        for (char c : text) lines_ += c == '\n';
        out_.write(text);
    }
    u32 lines() const { return lines_; }

private:
    text_sink& out_;
    u32 lines_ = 0;
};

void report(u32 argument) {
    const panic_cause& cause = *reinterpret_cast<const panic_cause*>(argument);
    line_counter out(console_out());
    print_reason(out, cause);
    const trap_frame* interrupted = cause.trap;
    if (cause.trap) {
        print_trap(out, *cause.trap, cause.esp);
        print_control_registers(out, cause.interrupts_on);
    } else {
        print_control_registers(out, cause.interrupts_on);
        out.write("Backtrace:\n");
        print_backtrace(out, 0, cause.ebp);
        interrupted = current_trap_frame();
        if (interrupted) {
            out.write("It interrupted: ");
            print_trap(out, *interrupted, interrupted->esp());
        }
    }
    if (interrupted) {
        out.write("Backtrace of what was interrupted:\n");
        print_backtrace(out, interrupted->eip, interrupted->ebp);
    }
    out.write("This is a bug in Loci: please report the lines above.\n");
    // No key is heard any more, so what has scrolled away is said again.
    if (screen_size().rows != 0 && out.lines() >= screen_size().rows) print_reason(out, cause);
    stop();
}

[[noreturn]] void begin(const panic_cause& cause) {
    local_irq_disable();
    ++depth;
    if (depth == 1) {
        console_enter_panic();
        switch_stack_and_call(reinterpret_cast<u32>(panic_stack + sizeof(panic_stack)), report,
                              reinterpret_cast<u32>(&cause));
    }
    if (depth == 2) {
        print_reason(console_out(), cause);
        if (cause.trap)
            format_to(console_out(), "  at {}\n", code_address{cause.trap->eip});
        console_out().write("  ... while reporting the panic above.\n");
        stop();
    }
    qemu_exit(127);
    for (;;) asm volatile("cli; hlt");
}

// What was touched, in words.
struct faulty_access {
    u32 address, error_code;
};
void format_value(text_sink& out, const format_spec&, const faulty_access& access) {
    describe_kernel_fault(out, access.address, access.error_code);
}

uintptr_t frame_here() { return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)); }

}  // namespace

void vpanic(std::string_view format, std::span<const format_arg> args) {
    begin({format, args, nullptr, 0, nullptr, nullptr, 0, frame_here(), irqs_enabled()});
}

void assertion_failed(const char* file, int line, const char* condition,
                      std::string_view format, std::span<const format_arg> args) {
    begin({format, args, file, line, condition, nullptr, 0, frame_here(), irqs_enabled()});
}

// A null pointer, or one near it, is by far the commonest bug: it gets its name.
void unhandled_trap(trap_frame& frame) {
    const u32 address = read_cr2();
    const std::string_view name = trap_name(frame.vector);
    const code_address eip{frame.eip};
    const faulty_access access{address, frame.error_code};
    const format_arg args[] = {format_arg(name), format_arg(eip), format_arg(address),
                               format_arg(access)};
    std::string_view format = "{} at {}";
    if (frame.vector == TRAP_PAGE_FAULT)
        format = address < PAGE_SIZE ? "null pointer: {} at {}, address {:#x}"
                                     : "{} at {}, address {:#010x}: {}";
    begin({format, args, nullptr, 0, nullptr, &frame, frame.esp(), frame.ebp,
           (frame.eflags & 0x200) != 0});
}

// The state of the task that double-faulted was put into its TSS.
void double_fault() {
    const task_state& lost = this_cpu_task_state();
    static trap_frame frame;
    frame = {.ebx = lost.ebx, .ecx = lost.ecx, .edx = lost.edx, .esi = lost.esi,
             .edi = lost.edi, .ebp = lost.ebp, .eax = lost.eax, .ds = lost.ds, .es = lost.es,
             .fs = lost.fs, .gs = lost.gs, .vector = TRAP_DOUBLE_FAULT, .error_code = 0,
             .eip = lost.eip, .cs = lost.cs, .eflags = lost.eflags, .user_esp = lost.esp,
             .user_ss = lost.ss};
    const code_address eip{lost.eip};
    // The push that did not fit is just below esp.
    const bool overflow =
        kernel_stack_above(lost.esp - 64) != 0 || kernel_stack_above(lost.esp) != 0;
    const format_arg args[] = {format_arg(eip), format_arg(lost.esp)};
    begin({overflow ? "kernel stack overflow at {}, esp {:#010x} in the guard page"
                    : "double fault at {}, esp {:#010x}",
           args, nullptr, 0, nullptr, &frame, lost.esp, lost.ebp, (lost.eflags & 0x200) != 0});
}

void refuse_to_run(std::string_view why) {
    local_irq_disable();
    format_to(console_out(), "\nLoci cannot run here:\n  {}.\n", why);
    qemu_exit(125);
    console_out().write("The machine is halted; it can be switched off.\n");
    for (;;) asm volatile("cli; hlt");
}

REGISTER(boot_param, panic_param) = {
    .name = "panic",
    .help = "SECONDS: reboot that long after a panic (0: halt)",
    .set = [](std::string_view value) {
        const auto seconds = parse_number(value);
        if (!seconds || *seconds > 3600) return false;
        reboot_after_seconds = static_cast<u32>(*seconds);
        return true;
    },
};

REGISTER(proc_file, panic_file) = {
    .path = "sys/kernel/panic",
    .mode = 0644,
    .show = [](text_sink& out) { show_number(out, reboot_after_seconds); },
    .store = [](std::string_view text) {
        return store_number(text, 0, 3600, reboot_after_seconds);
    }};
