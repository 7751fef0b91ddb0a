// For tests: the task that runs them is a program's for a while, as far as signals go, with a
// page of stack and a frame as if it had called the kernel.
#pragma once

#include "arch/i386/segments.hpp"
#include "kernel/signal/locked.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/test/test.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

// Any task; it is none of a program's again at the end.
class as_program {
public:
    explicit as_program(task_struct& task, task_struct* leader = nullptr) : task_(task) {
        task.group_leader = leader ? leader : &task;
        made_ = leader ? static_cast<bool>(copy_signals(task, *leader, 0x10800))
                       : static_cast<bool>(new_signals(task));
        const lock_guard held(tasklist_lock);
        task.group_leader->thread_group.push_back(task);
    }
    ~as_program() {
        {
            const lock_guard held(tasklist_lock);
            task_.group_leader->thread_group.erase(task_);
        }
        if (made_) release_signals(task_);
        task_.group_leader = nullptr;
        task_.blocked = task_.saved_sigmask = 0;
        task_.restore_sigmask = false;
        task_.flags &= ~PF_EXITING;
        task_.jobctl = task_.sas_ss_sp = task_.sas_ss_size = task_.sas_ss_flags = 0;
        task_.restart = {};
        task_.thread.trap_nr = task_.thread.error_code = task_.thread.cr2 = 0;
    }
    as_program(const as_program&) = delete;
    as_program& operator=(const as_program&) = delete;
    bool made() const { return made_; }

private:
    task_struct& task_;
    bool made_;
};

inline s32 call_by_number(u32 number, trap_frame& frame, u32 a = 0, u32 b = 0, u32 c = 0,
                          u32 d = 0) {
    frame.vector = SYSCALL_VECTOR;
    frame.eax = frame.error_code = number;
    frame.ebx = a;
    frame.ecx = b;
    frame.edx = c;
    frame.esi = d;
    for (const system_call* call : registered<system_call>())
        if (call->number == number) frame.eax = static_cast<u32>(call->handle(frame));
    return static_cast<s32>(frame.eax);
}

class signal_scene {
public:
    static constexpr u32 stack = 0x10000000, stack_bytes = 2 * 4096, text = 0x08048000,
                         handler = 0x08049000, restorer = 0x0804a000;

    signal_scene() : program(*current_task()), space_(mm_alloc()) {
        if (!space_ || !program.made()) return;
        use_mm(space_);
        constexpr u32 PROT_READ_WRITE = 3, FIXED_PRIVATE_ANONYMOUS = 0x32;
        ready = static_cast<bool>(do_mmap(*space_, stack, stack_bytes, PROT_READ_WRITE,
                                          FIXED_PRIVATE_ANONYMOUS, nullptr, 0));
        frame.ds = frame.es = frame.user_ss = USER_DS;
        frame.cs = USER_CS;
        frame.eflags = 0x202;
        frame.eip = text;
        frame.user_esp = stack + stack_bytes - 64;
    }
    ~signal_scene() {
        use_mm(nullptr);
        if (space_) mmput(*space_);
    }

    void handle(u32 signal, u32 flags, signal_set mask = 0) {
        const lock_guard held(me().sighand->siglock);
        action_of(*me().sighand, signal) = {handler, flags | SA_RESTORER, restorer, mask};
    }
    static task_struct& me() { return *current_task(); }
    void send(u32 signal, s32 code = SI_USER) {
        EXPECT_TRUE(static_cast<bool>(
            send_signal_to_group(me(), {static_cast<s32>(signal), 0, code, {7, 8, 9}})));
    }
    static u32 word_at(u32 address) {
        u32 value = 0;
        EXPECT_TRUE(static_cast<bool>(get_user(value, user_ptr<const u32>(address))));
        return value;
    }
    // What the C library's restorer does, after the handler's `ret`.
    s32 return_from_handler(bool rt) {
        frame.user_esp += rt ? 4 : 8;
        return call_by_number(rt ? 173 : 119, frame);
    }

    as_program program;
    bool ready = false;
    trap_frame frame{};

private:
    mm_struct* space_;
};
