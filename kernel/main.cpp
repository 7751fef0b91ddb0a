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
#include "drivers/time/clock.hpp"
#include "fs/fs_init.hpp"
#include "kernel/bench/bench.hpp"
#include "kernel/command_line/kernel_params.hpp"
#include "kernel/console/console.hpp"
#include "kernel/monitor/monitor.hpp"
#include "kernel/panic/panic.hpp"
#include "kernel/proc/loadavg.hpp"
#include "kernel/process/init_program.hpp"
#include "kernel/rigtest.hpp"
#include "kernel/sched/ksoftirqd.hpp"
#include "kernel/sched/kthread.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/selftest/packed_tests.hpp"
#include "kernel/selftest/selftest.hpp"
#include "kernel/signal/signal.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/time/timer.hpp"
#include "kernel/tty/tty.hpp"
#include "lib/console.hpp"
#include "lib/fault_injection.hpp"
#include "lib/init.hpp"
#include "lib/log.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/cache/cache_init.hpp"
#include "mm/map/highmem.hpp"
#include "mm/map/kernel_layout.hpp"
#include "mm/map/kernel_vmap.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/mem_init.hpp"
#include "mm/slab/kmem_cache.hpp"
#include "mm/vm/fault.hpp"
#include "mm/vm/mm.hpp"

extern "C" void double_fault_entry();

namespace {

// A PC without a PS/2 keyboard and a serial line is of use all the same.
void keyboard_on() {
    keyboard_scroll_hook = [](int direction) {
        screen_scroll_view(direction * static_cast<int>(screen_size().rows) / 2);
    };
    keyboard_reboot_hook = reboot_machine;
    if (keyboard_init()) return;
    for (const std::string_view line : keyboard_missing_note) pr_warn("{}", line);
}

INIT_CALLER void memory_on() {
    fault_attr::booting = true;
    if (const char* const why = mem_init(the_memory_map())) refuse_to_run(why);
    if (const char* const why = kernel_map_init()) refuse_to_run(why);
    if (!kmap_init()) refuse_to_run("there is no room in RAM for kmap's page tables");
    kmem_cache_init();
    reserve_tests_addresses();
    if (!vmalloc_init()) refuse_to_run("there is no room in RAM for the vmalloc window");
    if (!mm_cache_init()) refuse_to_run("there is no room in RAM for the page cache");
    if (!vm_init()) refuse_to_run("there is no room in RAM for address spaces");
    vm_faults_init();
    if (!fs_init()) refuse_to_run("there is no room in RAM for files");
    log_kernel_layout();
}

// What was mapped for a moment only, to read the firmware's tables; and the memory of
// INIT_CODE. The self-test runs that, too.
void give_back_what_booted() {
    the_vmalloc_space().purge();
    if (the_kernel_params().run_selftest) return;
    kernel_map_forget_init();
    free_initmem();
}

// What the command line asks for, in this order; the monitor is what remains, where there
// is no init.
// In a task of its own, pid 1: tests, benchmarks and commands may sleep.
int run_what_was_asked_for(void*) {
    const kernel_params& wanted = the_kernel_params();
    if (!wanted.run_selftest && !wanted.run_bench) populate_root();
    fault_attr::booting = false;
    if (wanted.run_selftest)
        power_off(run_selftests(wanted.selftest_glob, console_out()).ok() ? 0 : 1);
    if (wanted.run_bench)
        power_off(run_benchmarks(wanted.bench_glob, console_out()) ? 0 : 1);
    start_init_program();
    monitor_run();
}

INIT_CALLER void tasks_on(u32 stack_end) {
    if (!tasks_init(stack_end) || !signals_init())
        refuse_to_run("there is no room in RAM for tasks");
    sched_init();
    timers_init();
    system_calls_init();
    scheduling_possible = true;
}

// It is made first, so that it is pid 1.
void start_first_tasks() {
    const auto init = kthread_create(run_what_was_asked_for, nullptr, "init");
    if (!init || !ksoftirqd_init() || !tty_init())
        refuse_to_run("there is no room in RAM for the first tasks");
    loadavg_init();
    wake_up_process(**init);
}

}  // namespace

void kernel_main(u32 stack_top) {
    memory_on();                 // alloc_pages(), kmalloc(), vmalloc() give out what is free
    task_states_init(stack_top, double_fault_entry);
    double_fault_gate_init();    // a kernel stack overflow is named
    rigtest_after_paging();      // the rig's own failures, when asked for
    power_init();                // power_off() knows what ACPI offers
    interrupts_init();           // lines can be requested, PIC or APIC
    time_init();                 // uptime_us() runs, udelay() is exact
    local_irq_enable();          // ... and the tick comes
    tasks_on(stack_top);         // kthread_run(), and what waits may sleep; "ps"
    serial_enable_interrupts();  // keys typed on the serial line are queued
    keyboard_on();               // ... and those of the keyboard
    set_serial_break_handler(request_monitor);
    console_settle();            // every console has shown the log so far
    rigtest_with_interrupts();
    give_back_what_booted();     // the memory of INIT_CODE is free
    start_first_tasks();         // "init" goes on with what was asked for
    cpu_idle();                  // the rest of this task: when no other one runs
}
