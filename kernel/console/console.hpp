// The consoles, joined: what is written goes to every enabled device, what is
// typed anywhere comes out of one queue.
//
//   printk, monitor ──> console_out() ─┬─> ttyS0    serial irq ──> queue ─┬─> monitor's getc
//                                      └─> tty0     keyboard   ──> queue ─┴─> ttys (kernel/tty)
//
// `console=NAME[,OPTIONS]` chooses as in Linux: without it every device is enabled;
// with it only those named, and the one named last is /dev/console. A device
// may register before or after the words are read. Should none of those named ever
// appear, console_settle enables all rather than leave the user in the dark.
//
// Keys belong to the monitor or to programs, never to both: console_turn. Whose they are,
// the monitor is had by Alt-SysRq, by a break on the serial line, or by Ctrl-] twice in a row
// (`monitorkey=`): tty_thread (kernel/tty) then opens it over what runs.
//
// The queues take bytes from interrupt handlers. A source that can hold its sender
// back asks console_input_room first, so piped input of any length loses nothing
// (see console_source in lib/console.hpp); a keyboard's bytes are dropped when it
// is full, and counted.
//
// I1: a device is enabled exactly if no device is chosen, or it is one of the chosen.
// I2: a device that becomes enabled has been shown every log line that the
//     others have been shown.
#pragma once

#include "lib/console.hpp"
#include "lib/sync/wait_queue.hpp"

// /dev/console: the last one named by `console=`, null where none was named (then
// it is all of them).
console_device* preferred_console();
// By name, whether `console=` wants it or not; null: it is not there.
console_device* find_console(std::string_view name);
void console_write_bytes(std::string_view bytes);

// All devices have registered: if none is among the chosen, the choice is void.
void console_settle();

// A panic is under way: breaks the locks of the consoles, the log and the queue.
void console_enter_panic();

// Forgets what has been typed ahead, up to and including the last Ctrl-C.
void discard_interrupted_input();

// ---- whose turn it is -------------------------------------------------------------------
enum class console_owner : u8 { monitor, programs };
console_owner console_turn_of();
void console_set_turn(console_owner who);

class console_turn {
public:
    explicit console_turn(console_owner who) : before_(console_turn_of()) {
        console_set_turn(who);
    }
    ~console_turn() { console_set_turn(before_); }
    console_turn(const console_turn&) = delete;
    console_turn& operator=(const console_turn&) = delete;

private:
    console_owner before_;
};

// The monitor was asked for; once true, it is forgotten.
bool take_monitor_request();
bool monitor_requested();

// ---- typed bytes, for who passes them on --------------------------------------------------
// Bytes, turns and requests that come wake up who waits here.
wait_queue_head& console_events();
bool console_has_input(console_line from);
bool console_try_getc(console_line from, char& c);

// Ctrl-C has come in; true until a reader takes it out of the queue.
bool console_interrupt_pending();
