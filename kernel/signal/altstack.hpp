// The stack that a handler with SA_ONSTACK runs on: for programs that overflow their own.
#pragma once

#include "kernel/sched/task.hpp"
#include "kernel/signal/frame_layout.hpp"

inline constexpr u32 SS_ONSTACK = 1, SS_DISABLE = 2;
// It is forgotten while a handler runs on it, so that the handler may leave it for good.
inline constexpr u32 SS_AUTODISARM = 1u << 31;
inline constexpr u32 MINSIGSTKSZ = 2048;

// Whatever the flags are: is it in the stack's memory?
inline bool is_in_altstack(const task_struct& task, u32 sp) {
    return sp > task.sas_ss_sp && sp - task.sas_ss_sp <= task.sas_ss_size;
}
inline bool on_sig_stack(const task_struct& task, u32 sp) {
    return !(task.sas_ss_flags & SS_AUTODISARM) && is_in_altstack(task, sp);
}
// SS_DISABLE: there is none; SS_ONSTACK; 0: there is one, and this is not it.
inline u32 sas_ss_flags(const task_struct& task, u32 sp) {
    if (task.sas_ss_size == 0) return SS_DISABLE;
    return on_sig_stack(task, sp) ? SS_ONSTACK : 0;
}
inline void sas_ss_reset(task_struct& task) {
    task.sas_ss_sp = task.sas_ss_size = 0;
    task.sas_ss_flags = SS_DISABLE;
}

// Another one for the current task, whose stack pointer is `sp`. EPERM: it is in use; EINVAL,
// ENOMEM.
result<> set_altstack(const user_stack& wanted, u32 sp);
