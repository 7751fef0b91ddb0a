// Futexes: where a program's locks sleep. The word is the program's, and the kernel looks at
// it only to decide whether to sleep: what it means nobody here knows.
//
//     program                               kernel
//     0 -> 1 by an atomic instruction       (is not called: nobody had the lock)
//     it was 1: make it 2, FUTEX_WAIT 2 --> is it still 2? then sleep in the bucket of its key
//     2 -> 0, FUTEX_WAKE 1              --> wake one of those with that key
//
// A *key* names the word, not the address: two programs may map one page at different places.
//
//     private memory    address space, address
//     shared memory     the file's pages (address_space), offset
//
// I1: whether to sleep is decided with the bucket's lock held, and a waker takes it, so no
//     wakeup falls between the look and the sleep.
// I2: a waiter is in the bucket of its key until it is woken (taken out by the waker) or gives
//     up (takes itself out).
//
// A *robust* lock is one whose owner may die: at its end a task's list of locks is walked,
// and each gets the mark FUTEX_OWNER_DIED and a wakeup.
//
// Left out: priority inheritance (FUTEX_LOCK_PI and its kin): ENOSYS.
#pragma once

#include "lib/result.hpp"

struct task_struct;

// So many that wait for the word at a program's address in the current space are woken. How
// many were; EFAULT.
result<u32> futex_wake(u32 address, u32 most, bool is_private, u32 bitset = ~0u);
// At a task's end, in its own context.
void exit_robust_list(task_struct& task);
