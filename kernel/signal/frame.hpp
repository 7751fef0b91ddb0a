// Calling a handler: a frame on the program's stack (frame_layout.hpp), and back from it.
#pragma once

#include "arch/i386/traps.hpp"
#include "kernel/signal/signal_types.hpp"

// A signal on its way to its handler.
struct ksignal {
    kernel_siginfo info;
    k_sigaction action;
};

// `mask` is what is blocked once the handler has returned. False: the stack cannot be
// written, and registers are as they were.
[[nodiscard]] bool setup_frame(trap_frame& frame, const ksignal& signal, signal_set mask);
