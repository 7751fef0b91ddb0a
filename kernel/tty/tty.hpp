// Terminals, as programs have them: a line discipline, a device, and who is in the
// foreground.
//
//     keyboard ──> queue ─┐                       ┌── tty1      4,1 (and tty0)  ──> screen
//     ttyS0's  ──> queue ─┴──> tty_thread ──ldisc─┼── ttyS0     4,64            ──> serial line
//                                                 └── console   5,1             ──> both
//
// /dev/console is the terminal of the device that `console=` names last; where it names
// none, one of its own, which is all of them joined. What is typed on a device goes to its
// own terminal if somebody has that open, else to the joined one. /dev/tty is the terminal
// that controls the program, whichever it is.
//
// A session has at most one controlling terminal, and that one session. Of its process
// groups one is in the foreground: it gets ^C, and others that read are stopped (SIGTTIN).
// Who has the terminal through /dev/console is not, and does not get it as a controlling
// one by opening it, as on Linux: TIOCSCTTY does that.
//
// tty_thread is also who runs the monitor when it is asked for over programs; what they write
// waits until it is left.
//
// I1: session != 0 exactly while signal->tty of that session's leader is this terminal, or
//     it has just ended.
// I2: `lock` guards the line discipline; what others want to know of it without sleeping,
//     tty_guard copies out when it lets go.
// I3: opens is the number of open files. With the last one what was typed is gone.
// I4: a file opened before the last hang-up is dead: reading ends, writing is EIO. Those of
//     /dev/console are not.
//
// /dev/console is made at boot, the others when they are first opened; they stay.
//
// Lock order: ttys_lock, then lock, then siglock and the consoles' own.
#pragma once

#include "drivers/tty/line_discipline.hpp"
#include "fs/vfs/open_file.hpp"
#include "lib/console.hpp"
#include "lib/sync/mutex.hpp"
#include "lib/sync/wait_queue.hpp"

struct task_struct;

struct winsize {
    u16 ws_row, ws_col, ws_xpixel, ws_ypixel;
    bool operator==(const winsize&) const = default;
};

// By number, as programs see them.
inline constexpr u32 TTY_MAJOR = 4, TTYAUX_MAJOR = 5;

struct tty_struct final : tty_port {
    // Null: all consoles that are enabled.
    tty_struct(const char* name, u32 device, console_device* where);

    const char* const name;
    const u32 device;  // MKDEV
    console_device* const where;

    mutex lock{"a tty"};
    line_discipline discipline GUARDED_BY(lock){*this};
    winsize size GUARDED_BY(lock);

    wait_queue_head read_wait{"a tty's readers"}, write_wait{"a tty's writers"};
    atomic<u32> pgrp{0}, session{0};
    atomic<u32> opens{0};
    atomic<u32> hangups{0};

    // Of the line discipline (I2).
    atomic<bool> readable{false}, stopped{false}, has_room{true};

    void transmit(std::string_view bytes) override;
    void raise(tty_signal signal) override;
};

// The lock, and afterwards those are woken who can go on.
class SCOPED_CAPABILITY tty_guard {
public:
    explicit tty_guard(tty_struct& tty) ACQUIRE(tty.lock) : tty_(tty) { tty_.lock.lock(); }
    ~tty_guard() RELEASE();
    tty_guard(const tty_guard&) = delete;
    tty_guard& operator=(const tty_guard&) = delete;

private:
    tty_struct& tty_;
};

// What open_file::private_data is.
struct tty_file {
    tty_struct* tty;
    u32 hangups;      // of it, when it was opened
    bool is_console;  // by this name

    bool hung_up() const { return !is_console && hangups != tty->hangups; }
};

// Keys reach terminals from here on. False: no memory.
[[nodiscard]] bool tty_init();

// The terminal of a device number; null: there is no such device, or no memory.
tty_struct* get_tty(u32 device);
// The one that is open, or null: where keys go.
tty_struct* tty_of_line(console_line line);
// The monitor is over programs: they do not write meanwhile.
bool programs_wait_for_monitor();

// Of files whose private_data is a tty_file.
result<size_t> tty_read(open_file& file, iov_iter& to, u64& pos);
result<size_t> tty_write(open_file& file, iov_iter& from, u64& pos);
result<s32> tty_ioctl(open_file& file, u32 command, u32 argument);
u32 tty_poll(open_file& file, poll_table* table);

// ---- job control ------------------------------------------------------------------------
// The current task may read, or change settings: 0 if it is in the foreground. Else its
// group gets the signal, SIGTTIN or SIGTTOU, and the answer is ERESTARTSYS; or EIO, where
// nobody could make it go on.
result<> tty_check_change(tty_struct& tty, u32 signal);

// The terminal that controls the current task, or null.
tty_struct* current_tty();
// At open(), without O_NOCTTY: if it may, the leader of a session without one gets it.
void tty_opened_by_leader(tty_struct& tty);
result<> tty_set_controlling(tty_struct& tty, bool steal, bool readable);  // TIOCSCTTY
result<> tty_set_foreground(tty_struct& tty, u32 pgrp);                    // TIOCSPGRP
// The session has none any more.
void tty_forget_session(tty_struct& tty);

// The leader of a session gives up its terminal (TIOCNOTTY), or ends: the whole session
// loses it, the foreground gets SIGHUP and SIGCONT, and at its end all files of it are hung
// up. Of any other task: only its own is forgotten. exit() calls it for the last thread of a
// program, while `signal` is there.
void disassociate_ctty(bool on_exit);
