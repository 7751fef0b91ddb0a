// Signals that wait: a set that says which, and a queue with what is known of each.
//
//     sigpending   signal  ...0010 0000 0001 0000 0000     SIGUSR1, 32 + 1
//                  queue   [33 value 7] [10 pid 5] [33 value 9]    in order of arrival
//
// A standard signal waits once: another one of its kind is dropped. Each realtime signal that
// is sent waits. The set is what counts: an entry may be missing, for lack of memory or
// beyond a limit, and then nothing is known but the number.
//
// I1: a number is in the set if an entry of its kind is in the queue.
// I2: of numbers below SIGRTMIN there is one entry at most.
// I3: entries count for a user; of his own sending he has at most RLIMIT_SIGPENDING.
//
// Whoever has a sigpending guards it: siglock. Callable from any context.
#pragma once

#include "kernel/signal/signal_types.hpp"
#include "lib/result.hpp"

// Once, or again to no effect. False: no memory.
[[nodiscard]] bool sigqueue_init();

// For whom an entry counts, and how many he may have at a time.
struct sigqueue_limit {
    u32 uid;
    u32 most;
};

// Whether it has become pending now: not if one of its kind was already. EAGAIN: a realtime
// signal of sigqueue()'s that cannot be queued.
result<bool> enqueue_signal(sigpending& to, const kernel_siginfo& info, sigqueue_limit limit);

// Which one is delivered first: synchronous ones, then the lowest number. 0: none.
u32 next_signal(signal_set waiting, signal_set blocked);

// What is known of one that is pending; it is so no longer, unless others of its kind are.
kernel_siginfo collect_signal(sigpending& from, u32 signal);
// The first fault of an instruction's that is queued, whatever else waits. False: none.
bool collect_fault(sigpending& from, signal_set blocked, kernel_siginfo& info);

void flush_signals(sigpending& from, signal_set which);

// I1 and I2.
void check_pending(const sigpending& pending);
