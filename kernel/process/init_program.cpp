#include "kernel/process/init_program.hpp"

#include "arch/i386/traps.hpp"
#include "drivers/power/power.hpp"
#include "drivers/time/rtc.hpp"
#include "fs/initramfs/builtin_archive.hpp"
#include "fs/initramfs/populate.hpp"
#include "fs/vfs/files_struct.hpp"
#include "fs/vfs/names.hpp"
#include "kernel/command_line/command_line.hpp"
#include "kernel/command_line/kernel_params.hpp"
#include "kernel/exec/exec_strings.hpp"
#include "kernel/process/module_source.hpp"
#include "kernel/process/process.hpp"
#include "kernel/sched/task.hpp"
#include "kernel/time/user_time.hpp"
#include "lib/log.hpp"

namespace {

path root;

lookup_origin at_root() { return {.root = root, .at = root}; }

void unpack_module(const boot_module& module) {
    module_source bytes(module.start, module.end);
    const populate_outcome done = populate_rootfs(root, bytes);
    const std::string_view name = module.name[0] ? module.name : "without a name";
    if (done.error)
        pr_warn("module {}: {} after {} files ({})", name, errno_name(done.error), done.entries,
                done.problem ? done.problem : "");
    else
        pr_info("module {}: {} files", name, done.entries);
}

// What the archives brought may have a /dev of its own: the devices are mounted over it.
void mount_dev() {
    static_cast<void>(do_mkdir(at_root(), "/dev", 0755));
    const auto at = path_lookup(at_root(), "/dev", LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
    result<> mounted = err{ENOENT};
    if (at) {
        const held_path where(*at);
        mounted = do_mount("devtmpfs", *where, "devtmpfs", "", 0);
    }
    if (!mounted) pr_err("/dev: {}", errno_name(mounted.error()));
}

// What a program finds as 0, 1 and 2.
void open_console(files_struct& files) {
    const auto console = do_open(at_root(), "/dev/console", O_RDWR, 0);
    if (!console) return pr_warn("/dev/console: {}", errno_name(console.error()));
    for (u32 wanted = 0; wanted < 3; ++wanted) {
        const auto fd = files.get_unused_fd(files_struct::no_limit, false);
        if (!fd) break;
        get_file(*console);
        files.fd_install(*fd, **console);
    }
    fput(*console);
}

// The kernel's task becomes one that can run a program: all but the program.
result<> become_program(task_struct& task) {
    task.group_leader = &task;
    if (const auto made = new_signals(task); !made) return made;
    task.thread_group.push_back(task);
    task.signal->pgrp = task.signal->session = task.pid;
    task.names_a_group = task.signal->leader = true;
    task.files = files_struct::create();
    task.fs = fs_struct::create(root);
    if (!task.files || !task.fs) return err{ENOMEM};
    open_console(*task.files);
    return {};
}

[[noreturn]] void could_not_start(std::string_view name, int error) {
    pr_emerg("init: {} could not be started: {}", name, errno_name(error));
    power_off(126);
}

[[noreturn]] void run_init(std::string_view name) {
    task_struct& task = *current_task();
    static char filename[256];
    if (name.size() >= sizeof filename) could_not_start(name, ENAMETOOLONG);
    memcpy(filename, name.data(), name.size());
    const init_arguments& words = arguments_for_init();
    const char* argv[init_arguments::max_strings + 1] = {filename};
    const char* envp[init_arguments::max_strings + 2] = {"HOME=/", "TERM=linux"};
    u32 argc = 1, envc = 2;
    for (const char* word : words.arguments()) argv[argc++] = word;
    for (const char* word : words.environment()) envp[envc++] = word;
    if (const auto made = become_program(task); !made) could_not_start(name, made.error());
    trap_frame& frame = task.thread.user_frame();
    trap_frame first{};
    const auto started = do_execve(at_root(), name, filename, kernel_strings({argv, argc}),
                                   kernel_strings({envp, envc}), first);
    if (!started) could_not_start(name, started.error());
    pr_info("init: {} runs as pid {}", name, task.pid);
    local_irq_disable();
    frame = first;
    prepare_return_to_user(frame);
    leave_to_user(&frame);
}

bool is_there(std::string_view name) {
    const auto found = path_lookup(at_root(), name, LOOKUP_FOLLOW);
    if (found) path_put(*found);
    return static_cast<bool>(found);
}

}  // namespace

const path& root_of_all() { return root; }

void populate_root() {
    if (const auto now = read_rtc()) set_realtime_us(to_unix_seconds(*now) * 1000000);
    const auto mounted = mount_root("tmpfs", "");
    if (!mounted) return pr_err("there is no root file system: {}", errno_name(mounted.error()));
    root = *mounted;
    memory_source carried(builtin_archive());
    const populate_outcome done = populate_rootfs(root, carried);
    if (done.error) pr_err("the kernel's own archive: {}", errno_name(done.error));
    for (const boot_module& module : the_boot_info().module_list()) unpack_module(module);
    mount_dev();
}

void start_init_program() {
    const std::string_view wanted = the_kernel_params().init;
    if (!wanted.empty()) run_init(wanted);
    if (root.dentry && is_there("/init")) run_init("/init");
}

void init_ended(int status) {
    const u32 signal = status & 0x7f;
    const u32 code = static_cast<u32>(status) >> 8 & 0xff;
    if (signal)
        pr_emerg("init: killed by signal {}", signal);
    else
        pr_emerg("init: exited with status {}", code);
    power_off(static_cast<int>(signal ? min_of(64 + signal, 125u) : min_of(code, 63u)));
}
