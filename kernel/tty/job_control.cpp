#include "kernel/signal/signal.hpp"
#include "kernel/tty/tty.hpp"

namespace {

// Each program by its first thread.
template <class Visit>
void for_each_program(Visit visit) {
    const lock_guard held(tasklist_lock);
    each_task_locked([&](task_struct& task) {
        if (task.signal && task.group_leader == &task) visit(task);
    });
}

// Whether all who are in the group have parents in the same group, or in other sessions:
// then no shell would ever make them go on (POSIX's orphaned process group).
bool is_orphaned(u32 pgrp) {
    bool orphaned = true;
    for_each_program([&](const task_struct& task) {
        const signal_struct& mine = *task.signal;
        const task_struct* const parent = task.parent;
        if (mine.pgrp != pgrp || task.exit_state || !parent->signal || parent->pid == 1) return;
        if (parent->signal->pgrp != pgrp && parent->signal->session == mine.session)
            orphaned = false;
    });
    return orphaned;
}

bool is_ignored(task_struct& task, u32 signal) {
    const lock_guard held(task.sighand->siglock);
    constexpr u32 SIG_IGN = 1;
    return task.blocked & sigmask(signal) || task.sighand->action[signal - 1].handler == SIG_IGN;
}

void signal_group(u32 pgrp, u32 signal) {
    if (pgrp) static_cast<void>(send_signal_to_pgrp(pgrp, kernel_signal(signal)));
}

void take_as_controlling(tty_struct& tty, signal_struct& mine) {
    tty.session = mine.session;
    tty.pgrp = mine.pgrp;
    mine.tty = &tty;
}

void hang_up(tty_struct& tty) {
    tty.hangups.fetch_add(1);
    {
        const tty_guard held(tty);
        tty.discipline.start();
        tty.discipline.flush_input();
    }
    wake_up_all(tty.read_wait);
    wake_up_all(tty.write_wait);
}

}  // namespace

tty_struct* current_tty() {
    const signal_struct* const mine = current_task()->signal;
    return mine ? mine->tty : nullptr;
}

result<> tty_check_change(tty_struct& tty, u32 signal) {
    task_struct& me = *current_task();
    if (current_tty() != &tty) return {};
    const u32 pgrp = me.signal->pgrp;
    if (tty.pgrp == 0 || tty.pgrp == pgrp) return {};
    if (is_ignored(me, signal)) {
        if (signal == SIGTTIN) return err{EIO};
        return {};
    }
    if (is_orphaned(pgrp)) return err{EIO};
    signal_group(pgrp, signal);
    return err{ERESTARTSYS};
}

void tty_opened_by_leader(tty_struct& tty) {
    signal_struct* const mine = current_task()->signal;
    if (mine && mine->leader && !mine->tty && tty.session == 0) take_as_controlling(tty, *mine);
}

result<> tty_set_controlling(tty_struct& tty, bool steal, bool readable) {
    const task_struct& me = *current_task();
    signal_struct* const mine = me.signal;
    if (!mine) return err{EPERM};
    if (mine->leader && tty.session == mine->session) return {};
    const bool is_root = me.cred.euid == 0;
    if (!mine->leader || mine->tty || (!readable && !is_root)) return err{EPERM};
    if (tty.session != 0) {
        if (!steal || !is_root) return err{EPERM};
        tty_forget_session(tty);
    }
    take_as_controlling(tty, *mine);
    return {};
}

result<> tty_set_foreground(tty_struct& tty, u32 pgrp) {
    const result<> may = tty_check_change(tty, SIGTTOU);
    if (may.error() == EIO) return err{ENOTTY};
    if (!may) return may;
    const signal_struct* const mine = current_task()->signal;
    if (current_tty() != &tty || tty.session != mine->session) return err{ENOTTY};
    bool exists = false, is_ours = false;
    for_each_program([&](const task_struct& task) {
        if (task.signal->pgrp != pgrp) return;
        exists = true;
        is_ours = task.signal->session == mine->session;
    });
    if (!exists) return err{ESRCH};
    if (!is_ours) return err{EPERM};
    tty.pgrp = pgrp;
    return {};
}

void tty_forget_session(tty_struct& tty) {
    for_each_program([&](task_struct& task) {
        if (task.signal->tty == &tty) task.signal->tty = nullptr;
    });
    tty.session = 0;
    tty.pgrp = 0;
}

void disassociate_ctty(bool on_exit) {
    signal_struct* const mine = current_task()->signal;
    if (!mine || !mine->tty) return;
    tty_struct& tty = *mine->tty;
    mine->tty = nullptr;
    if (!mine->leader || tty.session != mine->session) return;
    const u32 foreground = tty.pgrp;
    tty_forget_session(tty);
    if (on_exit) hang_up(tty);
    signal_group(foreground, SIGHUP);
    signal_group(foreground, SIGCONT);
}
