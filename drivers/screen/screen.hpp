// The screen as a console, "tty0": one terminal over whichever display the boot
// loader left us.
//
//     console ─► tty0 ─► terminal ─► vga_text     when there is a text mode
//                  lock               framebuffer  else
//
// Memory: 32 KiB for the text (all of 1920 x 1080; of a larger screen the top left
// part is used), as much for what is shown of it, and 24 KiB for what has scrolled
// away: 153 lines of 80 columns.
//
// I1: until one of the screen_init_ functions has returned true, tty0 takes no
//     text, and every function here does nothing. It works once.
// I2: terminal and surfaces are touched under the lock; a panic breaks it.
//
// May be used before paging is on: nothing here needs more than memory that can be
// written, and screen_rebase() tells where the screen's memory is seen from then on.
#pragma once

#include "lib/boot_info.hpp"
#include "lib/types.hpp"

// Takes the screen and registers tty0, which has the log so far replayed on it.
// `window` leads to vga_text_bytes at 0xB8000.
bool screen_init_vga(void* window);
// `mapped` leads to framebuffer_bytes(info). False, with a line in the log that
// says why, for one that cannot be used; ask framebuffer_refusal() before mapping.
bool screen_init_framebuffer(const boot_framebuffer& info, void* mapped);

// The same memory is now seen at `mapped`; the old address is not used any more.
// Null: it cannot be seen for now, and text for it is dropped.
void screen_rebase(void* mapped);

// Shift-PageUp and its like: above 0 into the past, below 0 back.
void screen_scroll_view(int lines);

// In characters; nothing before there is a screen.
struct screen_dimensions {
    u32 columns;
    u32 rows;
};
screen_dimensions screen_size();
