// The consoles, joined: what is written goes to every enabled device, what is
// typed anywhere comes out of one queue.
//
//   printk, monitor ──> console_out() ─┬─> ttyS0          serial irq ─┐
//                                      └─> tty0           keyboard  ──┴─> queue ──> getc
//
// `console=NAME[,OPTIONS]` chooses as in Linux: without it every device is enabled;
// with it only those named, and the one named last is /dev/console. A device
// may register before or after the words are read. Should none of those named ever
// appear, console_settle enables all rather than leave the user in the dark.
//
// The queue takes bytes from interrupt handlers. A source that can hold its sender
// back asks console_input_room first, so piped input of any length loses nothing
// (see console_source in lib/console.hpp); a keyboard's bytes are dropped when it
// is full, and counted.
//
// I1: a device is enabled exactly if no device is chosen, or it is one of the chosen.
// I2: a device that becomes enabled has been shown every log line that the
//     others have been shown.
#pragma once

#include "lib/console.hpp"

// /dev/console: the last one named by `console=`, null where none was named (then
// it is all of them).
console_device* preferred_console();

// All devices have registered: if none is among the chosen, the choice is void.
void console_settle();

// A panic is under way: breaks the locks of the consoles, the log and the queue.
void console_enter_panic();

// Forgets what has been typed ahead, up to and including the last Ctrl-C.
void discard_interrupted_input();

// Ctrl-C has come in; true until a reader takes it out of the queue.
bool console_interrupt_pending();
