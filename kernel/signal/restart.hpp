// What becomes of a system call that a signal has interrupted: a table, as signal.hpp tells
// it. Pure, and so tested.
#pragma once

#include "kernel/signal/numbers.hpp"
#include "lib/errno.hpp"

// The four answers inside the kernel that mean "interrupted".
inline constexpr s32 restart_sys = -512, restart_nointr = -513, restart_nohand = -514,
                     restart_by_block = -516;

enum class call_end : u8 {
    as_it_is,    // the answer is the program's
    eintr,
    once_more,   // the instruction that called, with the same number
    by_block,    // ... with restart_syscall's
};

// `handler`: one will run now, and said so of itself.
constexpr call_end end_of_call(s32 answer, bool handler, u32 handler_flags) {
    switch (answer) {
        case restart_nointr: return call_end::once_more;
        case restart_sys:
            return handler && !(handler_flags & SA_RESTART) ? call_end::eintr
                                                            : call_end::once_more;
        case restart_nohand: return handler ? call_end::eintr : call_end::once_more;
        case restart_by_block: return handler ? call_end::eintr : call_end::by_block;
        default: return call_end::as_it_is;
    }
}
