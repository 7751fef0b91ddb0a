// The kernel log as the rest of the kernel/ floor sees it; everybody else says
// pr_info and knows nothing of this. The way of a line:
//
//   printk ──format──> log_line_splitter ──store──> log_buffer ──show──> consoles
//                      (on the stack)     (lock)                (one shower at a time)
//
// Storing takes a lock for the copy of one line. Showing takes none: whoever
// finds nobody showing becomes the shower and prints all that is pending, also
// what interrupts add meanwhile; whoever finds one leaves the line to it. So a
// printk inside an interrupt, or inside a console's own code, neither waits nor
// tears a line apart.
//
// I1: every record with a sequence below the shower's place has been offered to
//     all consoles that were enabled at the time; a later one gets it replayed.
// I2: at most one shower; a panic deposes it.
#pragma once

#include "kernel/log/log_buffer.hpp"

// The ring's bytes.
inline constexpr size_t log_size = 32 * 1024;

// A record is shown on the consoles when its level is below this.
int console_loglevel();
void set_console_loglevel(int level);

// Prints one record as the consoles show it: "[    0.123456] text".
void write_log_record(text_sink& out, const log_record& record);

// What a console that comes late, or again, has missed: the records from number
// `from` on that the others have been shown, by the console level of now.
void replay_log(text_sink& to, u64 from);
u64 shown_log_sequence();

// Reads the log; start with oldest_log_record().
log_reader oldest_log_record();
bool read_log(log_reader& reader, log_record& record);

// A panic is under way: breaks the log's lock, deposes the shower, shows all levels
// but debug.
void log_enter_panic();
