// Where text appears and where keys come from, seen from below. Drivers make
// devices and feed keys; kernel/console joins them and answers `console=`.
#pragma once

#include "lib/format.hpp"
#include "lib/registry.hpp"

// A place where text appears: the serial line, the screen. `write` may be called
// from any context, interrupts and panics included, and takes UTF-8 text
// with the ANSI sequences that line editing needs. "\n" alone starts a new line.
class console_device : public text_sink {
public:
    constexpr explicit console_device(const char* name) : name_(name) {}
    const char* name() const { return name_; }

    // A program's bytes, as they are: "\n" is a line down, as for a terminal. Here, and only
    // here, a screen answers what is asked of it (ESC [ 6 n), as if it were typed.
    virtual void write_bytes(std::string_view bytes) { write(bytes); }

    // A panic is under way: break locks, poll, trust nothing.
    virtual void enter_panic() {}

private:
    friend class console_list;
    const char* name_;  // as in `console=`: "ttyS0", "tty0"
    bool enabled_ = false;
    u64 log_place_ = 0;  // it has been shown the log's records below this number
    console_device* next_ = nullptr;
};

// Text printed so far is in the log; a device registered late gets it replayed.
void register_console(console_device& device);

// Every enabled device at once.
text_sink& console_out();

// What keys belong to: keyboard and screen, or the serial line.
enum class console_line : u8 { tty0, ttyS0 };
inline constexpr size_t console_lines = 2;

// From interrupt handlers: a byte was typed (keys beyond ASCII come as the ANSI
// sequences of an xterm). What finds the queue full is dropped, counted and told.
void console_input(console_line from, char c);

// How many bytes console_input still takes. A source that can hold its sender
// back (a UART's FIFO, a handshake line) asks first and leaves the rest there;
// its `poll` is then called as soon as there is room again.
size_t console_input_room(console_line from);

// From interrupt handlers, too: the monitor is to open over whatever runs.
void request_monitor();

// Where keys come from when no interrupt brings them: early, in a panic, or after
// the queue was full. `poll` never waits, hands what has arrived to console_input,
// and may be called from any context.
struct console_source {
    const char* name;
    void (*poll)();
};
DECLARE_REGISTRY(console_source);

// For readers. try_getc never waits; getc sleeps until a byte comes.
bool console_try_getc(char& c);
char console_getc();
