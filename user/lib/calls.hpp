// The system calls, one function each. All answer as the kernel does: what is negative is
// an errno.
#pragma once

#include "user/lib/linux.hpp"
#include "user/lib/system_call.hpp"

#include <string_view>

[[noreturn]] inline void exit(int status) {
    for (;;) system_call(call_number::exit_group, status);
}

// ---- processes
inline int fork() { return system_call(call_number::fork); }
inline int getpid() { return system_call(call_number::getpid); }
inline int execve(const char* path, char* const* argv, char* const* envp) {
    return system_call(call_number::execve, path, argv, envp);
}
inline int wait4(int pid, u32* status, u32 options = 0) {
    return system_call(call_number::wait4, pid, status, options, nullptr);
}
inline int kill(int pid, int signal) { return system_call(call_number::kill, pid, signal); }
inline int setsid() { return system_call(call_number::setsid); }
inline int setpgid(int pid, int group) {
    return system_call(call_number::setpgid, pid, group);
}
inline int getrusage(int who, rusage* usage) {
    return system_call(call_number::getrusage, who, usage);
}
int sleep_for(u32 milliseconds);

// ---- signals
// `handler`: SIG_DFL, SIG_IGN, or a function, called with its arguments on the stack:
// [[gnu::regparm(0)]] void f(int signal, siginfo*, void*)
int set_signal(int signal, u32 handler, u32 flags = 0);
inline int sigaltstack(const stack_t* stack) {
    return system_call(call_number::sigaltstack, stack, nullptr);
}

// ---- files
inline int open(const char* path, u32 flags, u32 mode = 0) {
    return system_call(call_number::open, path, flags, mode);
}
inline int close(int fd) { return system_call(call_number::close, fd); }
inline int read(int fd, void* to, u32 size) {
    return system_call(call_number::read, fd, to, size);
}
inline int write(int fd, const void* from, u32 size) {
    return system_call(call_number::write, fd, from, size);
}
inline int pread(int fd, void* to, u32 size, u64 place) {
    return system_call(call_number::pread64, fd, to, size, u32(place), u32(place >> 32));
}
inline int dup2(int from, int to) { return system_call(call_number::dup2, from, to); }
inline int pipe(int (&ends)[2]) { return system_call(call_number::pipe, &ends[0]); }
inline int ioctl(int fd, u32 request, void* argument) {
    return system_call(call_number::ioctl, fd, request, argument);
}
inline int ftruncate(int fd, u64 size) {
    return system_call(call_number::ftruncate64, fd, u32(size), u32(size >> 32));
}
inline int lstat(const char* path, struct stat64* to) {
    return system_call(call_number::lstat64, path, to);
}
inline int stat(const char* path, struct stat64* to) {
    return system_call(call_number::stat64, path, to);
}
inline int getdents(int fd, void* to, u32 size) {
    return system_call(call_number::getdents64, fd, to, size);
}
inline int memfd_create(const char* name) {
    return system_call(call_number::memfd_create, name, 0);
}
// All of it, unless there is an error: then that.
int write_all(int fd, std::string_view text);

// ---- memory
inline int brk(u32 end) { return system_call(call_number::brk, end); }
// An address, or (as unsigned) above -4096 an errno: failed() tells.
inline u32 mmap(u32 address, u32 size, u32 protection, u32 flags, int fd = -1,
                u64 place = 0) {
    return u32(system_call(call_number::mmap2, address, size, protection, flags, fd,
                           u32(place / PAGE_SIZE)));
}
inline bool failed(u32 address) { return address > ~0u - PAGE_SIZE; }
inline int munmap(u32 address, u32 size) {
    return system_call(call_number::munmap, address, size);
}
inline int mprotect(u32 address, u32 size, u32 protection) {
    return system_call(call_number::mprotect, address, size, protection);
}

// ---- threads
// Runs function(argument) on a stack that ends at `stack_end`, in this address space. The
// number of the thread, or an errno; the kernel clears *running when it has ended.
int run_thread(void (*function)(void*), void* argument, u32* stack_end, u32* running);
void wait_for_thread(u32* running);
