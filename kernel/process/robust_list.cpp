// Robust locks: at a task's end, whoever waits for a lock of his learns that the owner has died.
#include "kernel/process/futex.hpp"
#include "kernel/sched/task.hpp"
#include "kernel/syscall/syscall.hpp"

namespace {

constexpr u32 FUTEX_WAITERS = 0x80000000, FUTEX_OWNER_DIED = 0x40000000,
              FUTEX_TID_MASK = 0x3fffffff;

// One lock of a task that has ended: if it still was the owner, the next one learns of it.
// False: the word cannot be reached, and the walk ends.
bool owner_died(u32 address, u32 owner) {
    if (address % sizeof(u32)) return false;
    for (;;) {
        u32 word;
        if (!get_user(word, user_ptr<const u32>(address))) return false;
        if ((word & FUTEX_TID_MASK) != owner) return true;
        const u32 marked = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
        const auto exchanged = compare_exchange_user(address, word, marked);
        if (!exchanged) return false;
        if (!*exchanged) continue;
        if (word & FUTEX_WAITERS) static_cast<void>(futex_wake(address, 1, false));
        return true;
    }
}

struct user_robust_list_head {
    u32 next;
    s32 offset;  // from an entry to its lock's word
    u32 pending;
};

}  // namespace

// A list that a program has made: it may be circular, or lead nowhere.
void exit_robust_list(task_struct& task) {
    constexpr u32 most = 2048;
    const u32 head_at = task.robust_list;
    if (!head_at) return;
    task.robust_list = 0;
    user_robust_list_head head;
    if (!get_user(head, user_ptr<const user_robust_list_head>(head_at))) return;
    const auto lock_of = [&](u32 entry) { return (entry & ~1u) + static_cast<u32>(head.offset); };
    u32 entry = head.next;
    for (u32 i = 0; i < most && (entry & ~1u) != head_at; ++i) {
        u32 next;
        const bool there = static_cast<bool>(get_user(next, user_ptr<const u32>(entry & ~1u)));
        if (entry != head.pending && !owner_died(lock_of(entry), task.pid)) return;
        if (!there) return;
        entry = next;
    }
    if (head.pending) static_cast<void>(owner_died(lock_of(head.pending), task.pid));
}

SYSCALL_DEFINE(311, set_robust_list, u32 head, u32 bytes) {
    if (bytes != sizeof(user_robust_list_head)) return err{EINVAL};
    current_task()->robust_list = head;
    return 0u;
}
SYSCALL_DEFINE(312, get_robust_list, u32 pid, user_ptr<u32> head, user_ptr<u32> bytes) {
    task_struct* const task = find_get_task(pid ? pid : current_task()->pid);
    if (!task) return err{ESRCH};
    const bool allowed = current_task()->cred.euid == 0 ||
                         current_task()->cred.euid == task->cred.ruid;
    const u32 list = task->robust_list;
    put_task_struct(*task);
    if (!allowed) return err{EPERM};
    if (const auto told = put_user(sizeof(user_robust_list_head), bytes); !told) return told;
    return put_user(list, head);
}
