// What programs ask of a terminal beside bytes (Linux's tty_mode_ioctl and tty_jobctrl_ioctl).
// Output is written at once, so nobody waits for it to drain.
#include "kernel/signal/signal.hpp"
#include "kernel/tty/tty.hpp"
#include "kernel/tty/tty_ioctls.hpp"
#include "mm/vm/user_access.hpp"

namespace {

tty_file& of(open_file& file) { return *static_cast<tty_file*>(file.private_data); }

template <class T>
result<s32> answer(u32 to, const T& value) {
    if (copy_to_user(user_ptr<void>(to), &value, sizeof value)) return err{EFAULT};
    return 0;
}

result<s32> outcome(const result<>& done) {
    if (!done) return err{done.error()};
    return 0;
}

// ---- settings ---------------------------------------------------------------------------

ktermios settings_of(tty_struct& tty) {
    const tty_guard held(tty);
    return tty.discipline.settings();
}

// TCGETS2: with the speeds as numbers. No line here has any, so both are what was set.
result<s32> get_settings2(tty_struct& tty, u32 to) {
    const ktermios settings = settings_of(tty);
    const u32 baud = baud_of(settings);
    return answer(to, ktermios2{settings, baud, baud});
}

// TCSETS, TCSETSW, TCSETSF, and the same of termios2: of that the speeds say nothing new.
result<s32> set_settings(tty_struct& tty, u32 from, bool flush) {
    ktermios settings{};
    if (copy_from_user(&settings, user_ptr<const void>(from), sizeof settings))
        return err{EFAULT};
    const tty_guard held(tty);
    if (flush) tty.discipline.flush_input();
    tty.discipline.set(settings);
    return 0;
}

result<s32> set_size(tty_struct& tty, u32 from) {
    winsize size{};
    if (copy_from_user(&size, user_ptr<const void>(from), sizeof size)) return err{EFAULT};
    {
        const tty_guard held(tty);
        if (tty.size == size) return 0;
        tty.size = size;
    }
    if (const u32 group = tty.pgrp)
        static_cast<void>(send_signal_to_pgrp(group, kernel_signal(SIGWINCH)));
    return 0;
}

result<s32> get_size(tty_struct& tty, u32 to) {
    winsize size;
    {
        const tty_guard held(tty);
        size = tty.size;
    }
    return answer(to, size);
}

// ---- flow -------------------------------------------------------------------------------

result<s32> flow(tty_struct& tty, u32 action) {
    const tty_guard held(tty);
    switch (action) {
        case TCOOFF: tty.discipline.stop(); return 0;
        case TCOON: tty.discipline.start(); return 0;
        case TCIOFF:
        case TCION: tty.discipline.ask_to_stop(action == TCIOFF); return 0;
        default: return err{EINVAL};
    }
}

result<s32> flush(tty_struct& tty, u32 queue) {
    if (queue > TCIOFLUSH) return err{EINVAL};
    if (queue != TCOFLUSH) {
        const tty_guard held(tty);
        tty.discipline.flush_input();
    }
    return 0;
}

result<s32> available(tty_struct& tty, u32 to) {
    s32 bytes;
    {
        const tty_guard held(tty);
        bytes = static_cast<s32>(tty.discipline.available());
    }
    return answer(to, bytes);
}

// ---- sessions ---------------------------------------------------------------------------

result<s32> set_foreground(tty_struct& tty, u32 from) {
    s32 pgrp = 0;
    if (const result<> read = get_user(pgrp, user_ptr<const s32>(from)); !read)
        return err{read.error()};
    if (pgrp < 0) return err{EINVAL};
    return outcome(tty_set_foreground(tty, static_cast<u32>(pgrp)));
}

result<s32> give_up(tty_struct& tty) {
    if (current_tty() != &tty) return err{ENOTTY};
    disassociate_ctty(false);
    return 0;
}

bool changes(u32 command) {
    return (command >= TCSETS && command <= TCSETSF) ||
           (command >= TCSETS2 && command <= TCSETSF2) || command == TCSBRK ||
           command == TCSBRKP || command == TCXONC || command == TCFLSH;
}

}  // namespace

result<s32> tty_ioctl(open_file& file, u32 command, u32 argument) {
    if (of(file).hung_up()) return err{command == TIOCSPGRP ? ENOTTY : EIO};
    tty_struct& tty = *of(file).tty;
    if (changes(command))
        if (const result<> may = tty_check_change(tty, SIGTTOU); !may) return err{may.error()};
    switch (command) {
        case TCGETS: return answer(argument, settings_of(tty));
        case TCGETS2: return get_settings2(tty, argument);
        case TCSETS:
        case TCSETSW:
        case TCSETS2:
        case TCSETSW2: return set_settings(tty, argument, false);
        case TCSETSF:
        case TCSETSF2: return set_settings(tty, argument, true);
        case TCSBRK:
        case TCSBRKP: return 0;
        case TCXONC: return flow(tty, argument);
        case TCFLSH: return flush(tty, argument);
        case TIOCGWINSZ: return get_size(tty, argument);
        case TIOCSWINSZ: return set_size(tty, argument);
        case FIONREAD: return available(tty, argument);
        case TIOCOUTQ: return answer(argument, s32{0});
        case TIOCSCTTY:
            return outcome(
                tty_set_controlling(tty, argument == 1, file.f_mode & FMODE_READ));
        case TIOCNOTTY: return give_up(tty);
        case TIOCGPGRP:
            if (current_tty() != &tty) return err{ENOTTY};
            return answer(argument, u32{tty.pgrp});
        case TIOCSPGRP: return set_foreground(tty, argument);
        case TIOCGSID:
            if (current_tty() != &tty || tty.session == 0) return err{ENOTTY};
            return answer(argument, u32{tty.session});
        case TIOCGETD: return answer(argument, s32{0});  // N_TTY
        default: return err{ENOTTY};
    }
}
