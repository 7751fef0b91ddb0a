// The terminal: bytes in, a picture of text out.
//
//     bytes ─► escape_parser ─► terminal ─► text_grid ─► screen_surface
//              UTF-8, escape    cursor,     cells,       VGA text or
//              sequences        colours     scrollback   framebuffer
//
// It understands what line editing, logs and full-screen programs of a Linux
// console send (`n` and `m` default to 1):
//
//     CR LF BS HT VT FF      LF also returns to column 0 in write(): "\n" is a new line
//     CSI n A B C D          cursor up, down, right, left
//     CSI n G, n d           to column n, to row n;  CSI n;m H or f  to row n, column m
//     CSI n J, n K           erase: 0 to the end, 1 from the start, 2 all; 3 J the history
//     CSI n L M, n @ P X     insert, delete lines; insert, delete, erase characters
//     CSI n S T              scroll up, down
//     CSI n;m r              lines n to m scroll, the others stay
//     CSI ... m              0 1 7 22 27 30-37 39 40-47 49 90-97 100-107, and the first
//                            sixteen of 38;5;n 48;5;n (other colours of these are skipped)
//     CSI s u, ESC 7 8       save and restore the cursor and its colours
//     CSI ?25 h l            show, hide the cursor
//     CSI 5 n, 6 n, c        ask: are you well, where is the cursor, who are you
//     ESC D E M c            line down, new line, line up; reset
//
// A character in the last column leaves the cursor there; only the next character
// wraps (as on a VT100, so that a full line does not make an empty one).
//
// I1: the cursor is within the grid, also while a wrap is pending.
// I2: top < bottom <= rows: the lines that scroll are at least one.
// I3: after write(), the surface shows the grid as it is (the view at the present).
//
// Questions are answered where they come from a program (write_bytes): what the log shows
// makes no keys.
//
// Left out: character sets, tab stops but every eighth column, wide and combining
// characters (they show the fallback).
#pragma once

#include "drivers/screen/escape_parser.hpp"
#include "drivers/screen/text_grid.hpp"
#include "lib/format.hpp"

#include <string_view>

class terminal final : private escape_handler {
public:
    // Clears the screen and starts at its top left corner.
    void attach(screen_surface& surface, const grid_storage& storage);

    void write(std::string_view text);
    // LF is a line down and no more; answers go into the sink.
    void write_bytes(std::string_view bytes, text_sink& answers);
    // Looks at what has scrolled away: lines above 0 go up, below 0 down. The next
    // write returns to the present.
    void scroll_view(int lines);
    // What a panic wants: nothing half done is believed, everything is drawn anew.
    void recover();

    u32 columns() const { return grid_.columns(); }
    u32 rows() const { return grid_.rows(); }
    const text_grid& grid() const { return grid_; }
    cell_position cursor() const { return cursor_; }
    bool cursor_visible() const { return cursor_visible_; }

    void check_invariants() const;

private:
    struct rendition {
        u8 foreground = light_grey;
        u8 background = black;
        bool bold = false;
        bool reverse = false;
    };
    struct saved_cursor {
        cell_position at{};
        rendition colours;
    };

    void print(char32_t character) override;
    void control(char c) override;
    void escape(char final) override;
    void csi(const control_sequence& sequence) override;

    void reset();
    void line_down();
    void line_up();
    void move_to(u32 row, u32 column);
    void move_rows(s32 rows);
    void move_columns(s32 columns);
    void erase_display(u32 what);
    void erase_line(u32 what);
    void set_scroll_region(const control_sequence& sequence);
    void shift_lines(bool insert, u32 count);
    void set_mode(const control_sequence& sequence, bool on);
    void report(u32 what);
    void select_rendition(const control_sequence& sequence);
    void save_cursor() { saved_ = {cursor_, rendition_}; }
    void restore_cursor();

    u8 attribute() const;
    // What erased places show: the background stays coloured, as on Linux.
    cell blank() const;
    text_grid::extent scroll_region() const { return {top_, bottom_}; }

    text_grid grid_;
    escape_parser parser_;
    cell_position cursor_{};
    bool wrap_pending_ = false;
    bool cursor_visible_ = true;
    rendition rendition_;
    saved_cursor saved_;
    u32 top_ = 0;
    u32 bottom_ = 0;
    text_sink* answers_ = nullptr;  // null: LF is a new line, and nothing is answered
};
