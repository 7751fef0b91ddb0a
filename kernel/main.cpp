// kernel_main: the kernel's table of contents. Paging is on, every exception is
// reported, printk works; each line below says what can be used after it.
#include "kernel/main.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/irq.hpp"
#include "arch/i386/segments.hpp"
#include "arch/i386/traps.hpp"
#include "drivers/keyboard/keyboard.hpp"
#include "drivers/power/power.hpp"
#include "drivers/screen/screen.hpp"
#include "drivers/serial/uart.hpp"
#include "drivers/time/time.hpp"
#include "kernel/bench/bench.hpp"
#include "kernel/command_line/kernel_params.hpp"
#include "kernel/monitor/monitor.hpp"
#include "kernel/rigtest.hpp"
#include "kernel/selftest/selftest.hpp"
#include "lib/console.hpp"
#include "lib/log.hpp"

extern "C" void double_fault_entry();

namespace {

// A PC without a PS/2 keyboard and a serial line is of use all the same.
void say_that_no_keyboard_is_there() {
    pr_warn("no PS/2 keyboard: type on the serial line (COM1, 115200 8N1),");
    pr_warn("or choose self-test or bench in the boot menu");
}

// What the command line asks for, in this order; the monitor is what remains.
[[noreturn]] void run_what_was_asked_for() {
    const kernel_params& wanted = the_kernel_params();
    if (wanted.selftest) {
        const bool ok = run_selftests(*wanted.selftest, console_out()).ok();
        power_off(ok ? 0 : 1);
    }
    if (wanted.bench) power_off(run_benchmarks(*wanted.bench, console_out()) ? 0 : 1);
    monitor_run();
}

}  // namespace

void kernel_main(u32 stack_top) {
    task_states_init(stack_top, double_fault_entry);  // a stack overflow is named
    double_fault_gate_init();
    rigtest_after_paging();   // the rig's own failures, when asked for
    interrupts_init();        // lines can be requested, PIC or APIC
    time_init();              // uptime_us() runs, udelay() is exact
    local_irq_enable();       // ... and the tick comes
    serial_enable_interrupts();
    const bool keyboard = keyboard_init();  // keys reach console_getc()
    if (!keyboard) say_that_no_keyboard_is_there();
    rigtest_with_interrupts();
    run_what_was_asked_for();
}
