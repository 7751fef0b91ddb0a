#include "kernel/console/console.hpp"

#include <cpu/irqflags.hpp>
#include "kernel/console/console_list.hpp"
#include "kernel/console/input_queue.hpp"
#include "kernel/log/log.hpp"
#include "lib/boot_param.hpp"
#include "lib/ratelimit.hpp"
#include "lib/sync/wait_queue.hpp"

namespace {

constinit console_list consoles;

constinit irq_spinlock queue_lock("the console's input queue");
constinit input_queue queue GUARDED_BY(queue_lock);

constinit wait_queue_head readers("the console's readers");

// A source was told that there is no room; it waits to be polled.
constinit bool a_source_waits GUARDED_BY(queue_lock) = false;

void poll_sources() {
    for (const console_source* source : registered<console_source>()) source->poll();
}

// Room enough that a source which waits is worth waking.
bool take_turn_of_waiting_source() {
    lock_guard held(queue_lock);
    if (!a_source_waits || queue.room() < input_queue::capacity / 2) return false;
    a_source_waits = false;
    return true;
}

bool pop(char& c, u32& dropped) {
    lock_guard held(queue_lock);
    dropped = queue.take_dropped();
    return queue.pop(c);
}

}  // namespace

void register_console(console_device& device) { consoles.add(device); }
text_sink& console_out() { return consoles; }
console_device* preferred_console() { return consoles.preferred(); }
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

void console_input(char c) {
    {
        lock_guard held(queue_lock);
        queue.push(c);
    }
    wake_up(readers);
}

size_t console_input_room() {
    lock_guard held(queue_lock);
    if (queue.room() == 0) a_source_waits = true;
    return queue.room();
}

bool console_try_getc(char& c) {
    if (!irqs_enabled() || take_turn_of_waiting_source()) poll_sources();
    u32 dropped;
    const bool found = pop(c, dropped);
    if (dropped > 0) pr_warn_ratelimited("console: {} typed bytes were lost", dropped);
    return found;
}

// Each interrupt that brings a byte, or may have made room for one, wakes the reader.
char console_getc() {
    char c;
    while (!console_try_getc(c)) {
        if (irqs_enabled())
            wait_event(readers, [] {
                const lock_guard held(queue_lock);
                return queue.size() > 0;
            });
        else
            cpu_relax();
    }
    return c;
}

bool console_interrupt_pending() {
    if (!irqs_enabled()) poll_sources();
    lock_guard held(queue_lock);
    return queue.interrupted();
}

void discard_interrupted_input() {
    lock_guard held(queue_lock);
    queue.discard_through_interrupt();
}

REGISTER(boot_param, console_param) = {
    .name = "console",
    .help = "ttyS0[,115200n8] or tty0: show and read there only; may be repeated",
    .set = [](std::string_view value) { return consoles.choose(value); },
};
