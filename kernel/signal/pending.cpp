#include "kernel/signal/pending.hpp"

#include "mm/slab/object_cache.hpp"

#include <bit>

// Who has entries in queues. He is known while he has; root always is.
struct pending_user {
    list_head entry{};
    u32 uid = 0;
    u32 count = 0;
};

namespace {

constinit object_cache<sigqueue> sigqueues("sigqueue");
constinit object_cache<pending_user> pending_users("pending_user");

constinit irq_spinlock users_lock{"users of signal queues"};
constinit list<pending_user, &pending_user::entry> users GUARDED_BY(users_lock);
constinit pending_user root_user GUARDED_BY(users_lock){};

pending_user* find_user_locked(u32 uid) REQUIRES(users_lock) {
    if (uid == root_user.uid) return &root_user;
    for (pending_user& user : users)
        if (user.uid == uid) return &user;
    pending_user* const user = pending_users.alloc(GFP_ATOMIC);
    if (!user) return nullptr;
    user->uid = uid;
    users.push_front(*user);
    return user;
}

void drop_user_if_idle_locked(pending_user& user) REQUIRES(users_lock) {
    if (user.count > 0 || &user == &root_user) return;
    users.erase(user);
    pending_users.free(&user);
}

// Null: no memory, or he has as many as he may.
sigqueue* alloc_entry(const kernel_siginfo& info, sigqueue_limit limit) {
    const lock_guard held(users_lock);
    pending_user* const user = find_user_locked(limit.uid);
    if (!user) return nullptr;
    sigqueue* const made =
        user->count < limit.most ? sigqueues.alloc(GFP_ATOMIC) : nullptr;
    if (!made) {
        drop_user_if_idle_locked(*user);
        return nullptr;
    }
    made->info = info;
    made->user = user;
    ++user->count;
    return made;
}

void free_entry(sigqueue& entry) {
    const lock_guard held(users_lock);
    --entry.user->count;
    drop_user_if_idle_locked(*entry.user);
    sigqueues.free(&entry);
}

u32 number_of(const sigqueue& entry) { return static_cast<u32>(entry.info.si_signo); }

// Off the queue; the set says whether another one of its kind is left.
kernel_siginfo take_entry(sigpending& from, sigqueue& entry) {
    const kernel_siginfo info = entry.info;
    const u32 signal = number_of(entry);
    from.queue.erase(entry);
    free_entry(entry);
    from.signal &= ~sigmask(signal);
    for (const sigqueue& other : from.queue)
        if (number_of(other) == signal) from.signal |= sigmask(signal);
    return info;
}

}  // namespace

bool sigqueue_init() { return sigqueues.init() && pending_users.init(); }

result<bool> enqueue_signal(sigpending& to, const kernel_siginfo& info, sigqueue_limit limit) {
    const auto signal = static_cast<u32>(info.si_signo);
    const bool realtime = signal >= SIGRTMIN;
    if (!realtime && (to.signal & sigmask(signal))) return false;
    // kill() and the kernel may exceed the limit by standard signals: those are few.
    if (!realtime && info.si_code >= 0) limit.most = ~0u;
    if (signal != SIGKILL) {
        if (sigqueue* const entry = alloc_entry(info, limit))
            to.queue.push_back(*entry);
        else if (realtime && info.si_code != SI_USER && info.si_code != SI_KERNEL)
            return err{EAGAIN};
    }
    to.signal |= sigmask(signal);
    return true;
}

u32 next_signal(signal_set waiting, signal_set blocked) {
    signal_set ready = waiting & ~blocked;
    if (ready & SYNCHRONOUS) ready &= SYNCHRONOUS;
    return ready ? static_cast<u32>(std::countr_zero(ready)) + 1 : 0;
}

kernel_siginfo collect_signal(sigpending& from, u32 signal) {
    for (sigqueue& entry : from.queue)
        if (number_of(entry) == signal) return take_entry(from, entry);
    from.signal &= ~sigmask(signal);
    return {static_cast<s32>(signal), 0, SI_USER, {}};
}

bool collect_fault(sigpending& from, signal_set blocked, kernel_siginfo& info) {
    const signal_set wanted = from.signal & SYNCHRONOUS & ~blocked;
    if (!wanted) return false;
    for (sigqueue& entry : from.queue) {
        if (entry.info.si_code <= SI_USER || !(wanted & sigmask(number_of(entry)))) continue;
        info = take_entry(from, entry);
        return true;
    }
    return false;
}

void flush_signals(sigpending& from, signal_set which) {
    if (!(from.signal & which)) return;
    from.signal &= ~which;
    for (sigqueue& entry : from.queue.safe()) {
        if (!(which & sigmask(number_of(entry)))) continue;
        from.queue.erase(entry);
        free_entry(entry);
    }
}

void check_pending(const sigpending& pending) {
    signal_set seen = 0;
    for (const sigqueue& entry : pending.queue) {
        const u32 signal = number_of(entry);
        kassert(pending.signal & sigmask(signal), "pending I1: signal {} is not in {:#x}",
                signal, pending.signal);
        kassert(signal >= SIGRTMIN || !(seen & sigmask(signal)),
                "pending I2: signal {} waits twice", signal);
        seen |= sigmask(signal);
    }
}
