#include "kernel/console/console.hpp"

#include <cpu/irqflags.hpp>
#include "kernel/console/console_list.hpp"
#include "kernel/console/input_queue.hpp"
#include "kernel/log/log.hpp"
#include "lib/boot_param.hpp"
#include "lib/ratelimit.hpp"

namespace {

constinit console_list consoles;

constinit irq_spinlock queue_lock("the console's input queues");
constinit input_queue queues[console_lines] GUARDED_BY(queue_lock);
// A source was told that there is no room; it waits to be polled.
constinit bool a_source_waits[console_lines] GUARDED_BY(queue_lock) = {};

constinit wait_queue_head readers("the console's readers");
constinit atomic<bool> monitor_has_keys{false};
constinit atomic<bool> wants_monitor{false};

// Typed twice in a row: the monitor. 0: no such key.
constinit char monitor_key = ']' & 31;
constinit char typed_last[console_lines] GUARDED_BY(queue_lock) = {};

size_t index_of(console_line line) { return static_cast<size_t>(line); }

void poll_sources() {
    for (const console_source* source : registered<console_source>()) source->poll();
}

// Room enough that a source which waits is worth waking.
bool take_turn_of_waiting_source(size_t line) {
    lock_guard held(queue_lock);
    if (!a_source_waits[line] || queues[line].room() < input_queue::capacity / 2) return false;
    a_source_waits[line] = false;
    return true;
}

bool pop(size_t line, char& c, u32& dropped) {
    lock_guard held(queue_lock);
    dropped = queues[line].take_dropped();
    return queues[line].pop(c);
}

// The second of two; it reaches nobody.
bool asks_for_monitor(size_t line, char c) REQUIRES(queue_lock) {
    const char before = typed_last[line];
    const bool asks = c != 0 && c == monitor_key && before == c;
    typed_last[line] = asks || monitor_has_keys ? 0 : c;
    return asks && !monitor_has_keys;
}

}  // namespace

void register_console(console_device& device) { consoles.add(device); }
text_sink& console_out() { return consoles; }
console_device* preferred_console() { return consoles.preferred(); }
console_device* find_console(std::string_view name) { return consoles.find(name); }
void console_write_bytes(std::string_view bytes) { consoles.write_bytes(bytes); }
void console_settle() {
    if (!consoles.settle())
        pr_warn("console: none of those named by console= is there, using all");
}

void console_enter_panic() {
    log_enter_panic();
    queue_lock.break_lock();
    consoles.enter_panic();
    console_settle();
}

// ---- what is typed ----------------------------------------------------------------------

void console_input(console_line from, char c) {
    const size_t line = index_of(from);
    bool asks;
    {
        lock_guard held(queue_lock);
        asks = asks_for_monitor(line, c);
        if (!asks) queues[line].push(c);
    }
    if (asks) request_monitor();
    else wake_up_all(readers);
}

size_t console_input_room(console_line from) {
    const size_t line = index_of(from);
    lock_guard held(queue_lock);
    if (queues[line].room() == 0) a_source_waits[line] = true;
    return queues[line].room();
}

wait_queue_head& console_events() { return readers; }

bool console_has_input(console_line from) {
    lock_guard held(queue_lock);
    return queues[index_of(from)].size() > 0;
}

bool console_try_getc(console_line from, char& c) {
    if (!irqs_enabled() || take_turn_of_waiting_source(index_of(from))) poll_sources();
    u32 dropped;
    const bool found = pop(index_of(from), c, dropped);
    if (dropped > 0) pr_warn_ratelimited("console: {} typed bytes were lost", dropped);
    return found;
}

bool console_try_getc(char& c) {
    return console_try_getc(console_line::ttyS0, c) || console_try_getc(console_line::tty0, c);
}

// Each interrupt that brings a byte, or may have made room for one, wakes the reader.
char console_getc() {
    char c;
    while (!console_try_getc(c)) {
        if (irqs_enabled())
            wait_event(readers, [] {
                return console_has_input(console_line::ttyS0) ||
                       console_has_input(console_line::tty0);
            });
        else
            cpu_relax();
    }
    return c;
}

bool console_interrupt_pending() {
    if (!irqs_enabled()) poll_sources();
    lock_guard held(queue_lock);
    for (const input_queue& queue : queues)
        if (queue.interrupted()) return true;
    return false;
}

void discard_interrupted_input() {
    lock_guard held(queue_lock);
    for (input_queue& queue : queues) queue.discard_through_interrupt();
}

// ---- whose turn it is -------------------------------------------------------------------

console_owner console_turn_of() {
    return monitor_has_keys ? console_owner::monitor : console_owner::programs;
}

void console_set_turn(console_owner who) {
    monitor_has_keys = who == console_owner::monitor;
    wake_up_all(readers);
}

void request_monitor() {
    if (monitor_has_keys) return;
    wants_monitor = true;
    wake_up_all(readers);
}

bool take_monitor_request() { return wants_monitor.exchange(false); }
bool monitor_requested() { return wants_monitor; }

REGISTER(boot_param, monitorkey_param) = {
    .name = "monitorkey",
    .help = "^X or off: the key that opens the monitor, typed twice (^])",
    .set =
        [](std::string_view value) {
            if (value == "off") monitor_key = 0;
            else if (value.size() == 2 && value[0] == '^' && value[1] >= '@' && value[1] <= '_')
                monitor_key = static_cast<char>(value[1] & 31);
            else return false;
            return true;
        },
};

REGISTER(boot_param, console_param) = {
    .name = "console",
    .help = "ttyS0[,115200n8] or tty0: show and read there only; may be repeated",
    .set = [](std::string_view value) { return consoles.choose(value); },
};
