// execve(): a new space is laid out while the program that asks still stands; when nothing
// can go wrong any more, the other threads end, and the task is the new program.
#include <cpu/irqflags.hpp>
#include "arch/i386/cpu_features.hpp"
#include "fs/vfs/files_struct.hpp"
#include "kernel/exec/exec.hpp"
#include "kernel/process/init_program.hpp"
#include "kernel/process/process.hpp"
#include "kernel/random/random.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/syscall/files.hpp"
#include "lib/log.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

namespace {

constexpr u32 READ_IMPLIES_EXEC = 0x0400000, ADDR_NO_RANDOMIZE = 0x0040000;

// Set-user-ID and set-group-ID take effect for a program, never for a script.
bool become_owner(const open_file& program, task_cred& who) {
    inode& file = *program.f_inode;
    if (!current_task()->no_new_privs) {
        const lock_guard held(file.i_mutex);  // owner and mode of one moment
        if (file.i_mode & S_ISUID) who.euid = file.i_uid;
        constexpr u32 both = S_ISGID | S_IXGRP;
        if ((file.i_mode & both) == both) who.egid = file.i_gid;
    }
    who.suid = who.uid = who.euid;
    who.sgid = who.gid = who.egid;
    return who.euid != who.ruid || who.egid != who.rgid;
}

class program_files final : public exec_files {
public:
    program_files(const lookup_origin& from, const task_cred& caller)
        : from_(from), identities_(caller) {}
    result<file*> open_exec(std::string_view path) override {
        if (path.empty()) return err{EACCES};  // an interpreter's: the folder one is in
        const auto opened = ::open_exec(from_, path);
        if (!opened) return err{opened.error()};
        return static_cast<file*>(*opened);
    }
    void close_exec(file& file) override {
        allow_write_access(*static_cast<open_file&>(file).f_inode);
        fput(&file);
    }
    void runs(file& program, exec_auxiliary& auxiliary) override {
        auxiliary.secure = become_owner(static_cast<open_file&>(program), identities_);
        auxiliary.uid = identities_.ruid;
        auxiliary.euid = identities_.euid;
        auxiliary.gid = identities_.rgid;
        auxiliary.egid = identities_.egid;
    }
    const task_cred& identities() const { return identities_; }

private:
    const lookup_origin& from_;
    task_cred identities_;
};

// The file that is executed, closed when that is done: a space that keeps it forbids for
// itself that it is written.
class executed_file {
public:
    executed_file(program_files& files, file* opened) : files_(files), file_(opened) {}
    ~executed_file() { replace(nullptr); }
    executed_file(const executed_file&) = delete;
    executed_file& operator=(const executed_file&) = delete;

    void replace(file* opened) {
        if (file_) files_.close_exec(*file_);
        file_ = opened;
    }
    file& release() { return *std::exchange(file_, nullptr); }
    file* get() const { return file_; }

private:
    program_files& files_;
    file* file_;
};

std::string_view last_name(std::string_view path) {
    const size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void fresh_registers(task_struct& task, const start_state& start, trap_frame& frame) {
    constexpr u32 eflags_always = 2, eflags_if = 1u << 9;
    frame = {.ebx = 0, .ecx = 0, .edx = 0, .esi = 0, .edi = 0, .ebp = 0, .eax = 0,
             .ds = USER_DS, .es = USER_DS, .fs = 0, .gs = 0,
             .vector = SYSCALL_VECTOR, .error_code = ~0u,
             .eip = start.eip, .cs = USER_CS, .eflags = eflags_always | eflags_if,
             .user_esp = start.esp, .user_ss = USER_DS};
    forget_fpu(task);
    const irq_state before = local_irq_save();
    for (segment_descriptor& descriptor : task.thread.tls) descriptor = {};
    if (task.thread.uses_tls) load_tls(task.thread);
    task.thread.uses_tls = false;
    local_irq_restore(before);
}

// CLONE_FILES ends here: what is closed on execve is this program's own.
result<> unshare_files(task_struct& task) {
    if (!task.files->is_shared()) return {};
    const auto own = task.files->dup_fd();
    if (!own) return err{own.error()};
    files_struct* shared;
    {
        const lock_guard held(task.alloc_lock);
        shared = std::exchange(task.files, *own);
    }
    shared->put();
    return {};
}

// The task alone, with tables of its own. Where there is no memory for these, the threads are
// gone all the same: it cannot go on as what it was, and is killed, as in Linux.
result<> become_alone(task_struct& task) {
    const bool had_threads = task.signal->live > 1;
    if (const auto alone = leave_other_threads(task); !alone) return alone;
    result<> own = signals_on_exec(task);
    if (own) own = unshare_files(task);
    if (!own && had_threads)
        static_cast<void>(send_signal_to_thread(task, kernel_signal(SIGKILL)));
    return own;
}

exec_randomness randomness_of(const task_struct& task) {
    if (!randomize_va_space || (task.personality & ADDR_NO_RANDOMIZE)) return {};
    u32 words[5];
    get_random_bytes(words, sizeof words);
    const auto pages = [&](u32 which, u32 most) { return words[which] % most * PAGE_SIZE; };
    return {.stack = pages(0, 2048),
            .frame = words[1] % 8192,
            .mmap = pages(2, 256),
            .program = pages(3, 256),
            .moves_brk = randomize_va_space > 1,
            .brk = pages(4, 8192)};
}

}  // namespace

u32 randomize_va_space = 0;

void tell_limits(mm_struct& mm, const task_struct& task) {
    constexpr u32 numbers[rlimit_kinds] = {3, 9, 2, 8};  // STACK, AS, DATA, MEMLOCK
    if (!task.signal) return;
    for (u32 kind = 0; kind < rlimit_kinds; ++kind)
        mm.rlimits[kind] = task.signal->rlim[numbers[kind]].cur;
    mm.may_lock_without_limit = task.cred.euid == 0;
}

result<> do_execve(const lookup_origin& from, std::string_view path, const char* filename,
                   const exec_strings& argv, const exec_strings& envp, trap_frame& frame) {
    task_struct& task = *current_task();
    program_files files(from, task.cred);
    const auto opened = files.open_exec(path);
    if (!opened) return err{opened.error()};
    executed_file program(files, *opened);
    mm_struct* const mm = mm_alloc();
    if (!mm) return err{ENOMEM};
    tell_limits(*mm, task);
    arch_pick_mmap_layout(*mm);

    exec_auxiliary auxiliary{.hwcap = boot_cpu().leaf_1_edx};
    get_random_bytes(auxiliary.random.data(), auxiliary.random.size());
    const auto start = exec_load(*mm, {program.release(), filename, argv, envp, files,
                                       auxiliary, randomness_of(task)});
    if (start) program.replace(start->executable);
    result<> outcome = start ? result<>{} : result<>(err{start.error()});
    if (outcome) outcome = become_alone(task);
    if (!outcome) {
        mmput(*mm);
        return outcome;
    }
    keep_program(*mm, program.get());
    change_space(task, mm);  // from here on a signal or a trap finds the new program
    task.files->close_all_on_exec();
    task.flags &= ~(PF_KTHREAD | PF_FORKNOEXEC);
    task.cred = files.identities();
    task.sas_ss_sp = task.sas_ss_size = task.sas_ss_flags = 0;
    task.robust_list = 0;
    task.personality &= ~READ_IMPLIES_EXEC;
    if (start->read_implies_exec) task.personality |= READ_IMPLIES_EXEC;
    task.signal->did_exec = true;
    task.exit_signal = SIGCHLD;
    set_task_comm(task, last_name(filename));
    fresh_registers(task, *start, frame);
    return {};
}

SYSCALL_DEFINE(11, execve, trap_frame& frame, user_ptr<const char> name, user_ptr<const u32> argv,
               user_ptr<const u32> envp) {
    user_path at;
    if (const auto ready = at.take(AT_FDCWD, name); !ready) return ready;
    const auto outcome = do_execve(at.from(), at.name(), at.name().data(), user_strings(argv),
                                   user_strings(envp), frame);
    if (!outcome) return err{outcome.error()};
    return frame.eax;
}
