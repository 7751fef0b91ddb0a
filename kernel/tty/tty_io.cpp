// Reading and writing a terminal (Linux's n_tty_read and n_tty_write).
#include "fs/vfs/poll.hpp"
#include "kernel/signal/signal.hpp"
#include "kernel/tty/tty.hpp"
#include "lib/clock.hpp"

namespace {

tty_file& of(open_file& file) { return *static_cast<tty_file*>(file.private_data); }

s32 ticks_of(s32 tenths) {
    if (tenths == line_discipline::patience::for_ever) return MAX_SCHEDULE_TIMEOUT;
    return tenths * static_cast<s32>(HZ / 10);
}

// `done` bytes, if it is any, else the errno.
result<size_t> some_or(size_t done, int error) {
    if (done > 0) return done;
    return err{error};
}

// One read(): pieces, until a line has ended or the rules are content.
class tty_reader {
public:
    tty_reader(open_file& file, iov_iter& to)
        : file_(file), tty_(*of(file).tty), to_(to), wanted_(to.count()) {
        const tty_guard held(tty_);
        rules_ = tty_.discipline.read_rules();
        ticks_ = ticks_of(rules_.first);
    }

    result<size_t> read() {
        while (done_ < wanted_) {
            char bounce[256];
            bool found = false;
            const line_discipline::piece piece = take(bounce, found);
            if (found) {
                const size_t copied = to_.copy_to(bounce, piece.bytes);
                done_ += copied;
                if (copied < piece.bytes) return some_or(done_, EFAULT);
                if (piece.ended) return done_;
                ticks_ = ticks_of(rules_.later);
                continue;
            }
            if (done_ >= rules_.least || ticks_ == 0 || of(file_).hung_up()) return done_;
            if (file_.f_flags & O_NONBLOCK) return some_or(done_, EAGAIN);
            if (const result<> waited = wait(); !waited) return some_or(done_, waited.error());
        }
        return done_;
    }

private:
    line_discipline::piece take(std::span<char> bounce, bool& found) {
        const tty_guard held(tty_);
        found = tty_.discipline.readable();
        if (!found) return {};
        const size_t rest = min_of(bounce.size(), wanted_ - done_);
        const line_discipline::piece piece = tty_.discipline.read(bounce.first(rest));
        if (!piece.ended && done_ + piece.bytes == wanted_) tty_.discipline.skip_end_of_file();
        return piece;
    }

    result<> wait() {
        const result<s32> left = wait_event_interruptible_timeout(
            tty_.read_wait, [&] { return tty_.readable || of(file_).hung_up(); }, ticks_);
        if (!left) return err{left.error()};
        ticks_ = *left;
        return {};
    }

    open_file& file_;
    tty_struct& tty_;
    iov_iter& to_;
    const size_t wanted_;
    line_discipline::patience rules_{};
    s32 ticks_ = 0;
    size_t done_ = 0;
};

// Until the terminal takes output. Nonblocking: EAGAIN.
result<> wait_to_write(open_file& file, tty_struct& tty) {
    const auto can_write = [&] {
        return of(file).hung_up() || (!tty.stopped && !programs_wait_for_monitor());
    };
    if (file.f_flags & O_NONBLOCK && !can_write()) return err{EAGAIN};
    return wait_event_interruptible(tty.write_wait, can_write);
}

}  // namespace

result<size_t> tty_read(open_file& file, iov_iter& to, u64&) {
    if (of(file).hung_up()) return size_t{0};
    if (!of(file).is_console)
        if (const result<> may = tty_check_change(*of(file).tty, SIGTTIN); !may)
            return err{may.error()};
    return tty_reader(file, to).read();
}

result<size_t> tty_write(open_file& file, iov_iter& from, u64&) {
    tty_struct& tty = *of(file).tty;
    bool held_back;
    {
        const tty_guard held(tty);
        held_back = tty.discipline.settings().c_lflag & TOSTOP;
    }
    if (held_back && !of(file).is_console)
        if (const result<> may = tty_check_change(tty, SIGTTOU); !may) return err{may.error()};
    size_t done = 0;
    while (from.count() > 0) {
        if (of(file).hung_up()) return some_or(done, EIO);
        if (signal_pending()) return some_or(done, ERESTARTSYS);
        if (const result<> may = wait_to_write(file, tty); !may) return some_or(done, may.error());
        char piece[256];
        const size_t wanted = min_of(from.count(), sizeof piece);
        const size_t bytes = from.copy_from(piece, wanted);
        for (size_t sent = 0; sent < bytes;) {
            {
                const tty_guard held(tty);
                sent += tty.discipline.write({piece + sent, bytes - sent});
            }
            if (sent == bytes) break;
            if (const result<> may = wait_to_write(file, tty); !may)
                return some_or(done + sent, may.error());
        }
        done += bytes;
        if (bytes < wanted) return some_or(done, EFAULT);
    }
    return done;
}

u32 tty_poll(open_file& file, poll_table* table) {
    tty_struct& tty = *of(file).tty;
    poll_wait(file, tty.read_wait, table);
    poll_wait(file, tty.write_wait, table);
    if (of(file).hung_up()) return DEFAULT_POLLMASK | POLLERR | POLLHUP;
    const tty_guard held(tty);
    u32 ready = tty.discipline.poll_readable() ? POLLIN | POLLRDNORM : 0;
    if (!tty.discipline.stopped() && !programs_wait_for_monitor()) ready |= POLLOUT | POLLWRNORM;
    return ready;
}
