#include "user/lib/calls.hpp"

extern "C" void return_from_signal();
extern "C" [[gnu::regparm(0)]] int start_thread(u32 flags, u32* stack, u32* parent_tid,
                                                u32* child_tid);

int sleep_for(u32 milliseconds) {
    const timespec time = {s32(milliseconds / 1000), s32(milliseconds % 1000 * 1000000)};
    return system_call(call_number::nanosleep, &time, nullptr);
}

// The frame that SA_SIGINFO makes is the one that rt_sigreturn() takes back.
int set_signal(int signal, u32 handler, u32 flags) {
    const struct sigaction action = {
        handler, flags | SA_SIGINFO | SA_RESTORER, u32(return_from_signal), 0};
    return system_call(call_number::rt_sigaction, signal, &action, nullptr, 8);
}

int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const int written = write(fd, text.data(), u32(text.size()));
        if (written < 0 && written != -EINTR) return written;
        if (written > 0) text.remove_prefix(u32(written));
    }
    return 0;
}

int run_thread(void (*function)(void*), void* argument, u32* stack_end, u32* running) {
    constexpr u32 flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                          CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    // start_thread() pops the function, whose argument is then in place.
    *--stack_end = u32(argument);
    *--stack_end = u32(function);
    return start_thread(flags, stack_end, running, running);
}

void wait_for_thread(u32* running) {
    while (const u32 number = *const_cast<volatile u32*>(running))
        system_call(call_number::futex, running, FUTEX_WAIT, number, nullptr, nullptr, 0);
}
