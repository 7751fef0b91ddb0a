#include "kernel/tty/tty.hpp"

#include "drivers/screen/screen.hpp"
#include "kernel/console/console.hpp"
#include "kernel/signal/signal.hpp"
#include "mm/slab/kmalloc.hpp"

#include <new>

namespace {

constexpr u32 joined_device = MKDEV(TTYAUX_MAJOR, 1);
constexpr u32 screen_device = MKDEV(TTY_MAJOR, 1);
constexpr u32 serial_device = MKDEV(TTY_MAJOR, 64);

struct known_tty {
    u32 device;
    const char* name;
    const char* console;  // null: all of them
    console_line line;
};
constexpr known_tty known_ttys[] = {
    {joined_device, "console", nullptr, console_line::tty0},
    {screen_device, "tty1", "tty0", console_line::tty0},
    {serial_device, "ttyS0", "ttyS0", console_line::ttyS0},
};

constinit mutex ttys_lock("the ttys");
constinit atomic<tty_struct*> ttys[std::size(known_ttys)] = {};

tty_struct* make_tty(const known_tty& known) {
    console_device* const where = known.console ? find_console(known.console) : nullptr;
    if (known.console && !where) return nullptr;
    void* const room = kzalloc(sizeof(tty_struct), GFP_KERNEL | __GFP_NOWARN);
    return room ? new (room) tty_struct(known.name, known.device, where) : nullptr;
}

tty_struct* open_tty(size_t index) {
    tty_struct* const tty = ttys[index];
    return tty && tty->opens > 0 ? tty : nullptr;
}

}  // namespace

// The serial line is told what it is; a screen knows UTF-8.
tty_struct::tty_struct(const char* called, u32 number, console_device* out)
    : name(called), device(number), where(out) {
    ktermios settings = tty_std_termios;
    const bool serial = number == serial_device;
    if (serial) settings.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL;
    else settings.c_iflag |= IUTF8;
    const screen_dimensions screen = serial ? screen_dimensions{} : screen_size();
    const tty_guard held(*this);
    discipline.set(settings);
    size = {static_cast<u16>(screen.rows), static_cast<u16>(screen.columns), 0, 0};
}

void tty_struct::transmit(std::string_view bytes) {
    if (where) where->write_bytes(bytes);
    else console_write_bytes(bytes);
}

void tty_struct::raise(tty_signal what) {
    const u32 group = pgrp;
    if (group == 0) return;
    const u32 signal = what == tty_signal::interrupt ? SIGINT
                       : what == tty_signal::quit    ? SIGQUIT
                                                     : SIGTSTP;
    static_cast<void>(send_signal_to_pgrp(group, kernel_signal(signal)));
}

tty_guard::~tty_guard() {
    const bool readable = tty_.discipline.readable();
    const bool stopped = tty_.discipline.stopped();
    const bool room = tty_.discipline.room() > 0;
    const bool became_readable = !tty_.readable.exchange(readable) && readable;
    const bool goes_on = tty_.stopped.exchange(stopped) && !stopped;
    const bool had_room = tty_.has_room.exchange(room);
    tty_.lock.unlock();
    if (became_readable) wake_up_all(tty_.read_wait);
    if (goes_on) wake_up_all(tty_.write_wait);
    if (room && !had_room) wake_up_all(console_events());
}

// By the name that it is reached by, tty0 is the screen that is seen: the only one.
tty_struct* get_tty(u32 device) {
    if (device == MKDEV(TTY_MAJOR, 0)) device = screen_device;
    if (device == joined_device) {
        const console_device* const preferred = preferred_console();
        if (preferred && preferred == find_console("ttyS0")) device = serial_device;
        else if (preferred) device = screen_device;
    }
    for (size_t i = 0; i < std::size(known_ttys); ++i) {
        if (known_ttys[i].device != device) continue;
        const lock_guard held(ttys_lock);
        if (!ttys[i]) ttys[i] = make_tty(known_ttys[i]);
        return ttys[i];
    }
    return nullptr;
}

tty_struct* tty_of_line(console_line line) {
    for (size_t i = 1; i < std::size(known_ttys); ++i)
        if (known_ttys[i].line == line)
            if (tty_struct* const own = open_tty(i)) return own;
    return open_tty(0);
}
