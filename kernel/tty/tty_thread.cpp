// The task that brings what is typed to the terminals, and the monitor over programs.
#include "kernel/console/console.hpp"
#include "kernel/monitor/monitor.hpp"
#include "kernel/sched/kthread.hpp"
#include "kernel/tty/tty.hpp"

namespace {

constinit atomic<bool> monitor_is_over{false};

constexpr console_line all_lines[] = {console_line::tty0, console_line::ttyS0};

bool can_pass_on(console_line line) {
    const tty_struct* const tty = tty_of_line(line);
    return tty && tty->has_room && console_has_input(line);
}

bool has_work() {
    if (console_turn_of() != console_owner::programs) return false;
    if (monitor_requested()) return true;
    for (const console_line line : all_lines)
        if (can_pass_on(line)) return true;
    return false;
}

// As much as there is room for, and a ^C is not kept waiting behind a paste.
void pass_on(console_line line) {
    tty_struct* const tty = tty_of_line(line);
    if (!tty) return;
    {
        const tty_guard held(*tty);
        char c;
        for (u32 i = tty->discipline.room(); i > 0 && console_try_getc(line, c); --i)
            tty->discipline.receive({&c, 1});
    }
    wake_up_all(tty->read_wait);  // who polls may wait for more than one byte
}

void open_monitor() {
    monitor_is_over = true;
    {
        const console_turn mine(console_owner::monitor);
        monitor_session();
    }
    monitor_is_over = false;
    static_cast<void>(take_monitor_request());
    for (const console_line line : all_lines)
        if (tty_struct* const tty = tty_of_line(line)) wake_up_all(tty->write_wait);
}

int tty_thread(void*) {
    while (!kthread_should_stop()) {
        wait_event(console_events(), [] { return has_work(); });
        if (take_monitor_request()) open_monitor();
        for (const console_line line : all_lines)
            if (can_pass_on(line)) pass_on(line);
    }
    return 0;
}

}  // namespace

bool programs_wait_for_monitor() { return monitor_is_over; }

bool tty_init() {
    return get_tty(MKDEV(TTYAUX_MAJOR, 1)) &&
           static_cast<bool>(kthread_run(tty_thread, nullptr, "ttyd"));
}
