// What /proc tells of machine and kernel as a whole, where no other floor does.
#include "arch/i386/cpu_features.hpp"
#include "fs/vfs/char_device.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/syscall/utsname.hpp"
#include "kernel/time/user_time.hpp"
#include "lib/boot_info.hpp"
#include "lib/proc_file.hpp"

namespace {

constexpr u32 USER_HZ = 100;

void show_version(text_sink& out) {
    format_to(out, "{} version {} (loci@loci) ({}) {}\n", init_uts.sysname, init_uts.release,
              __VERSION__, init_uts.version);
}

void show_hundredths(text_sink& out, u64 hundredths) {
    format_to(out, "{}.{:02}", hundredths / 100, hundredths % 100);
}
void show_uptime(text_sink& out) {
    show_hundredths(out, uptime_us() / 10000);
    out.put(' ');
    show_hundredths(out, u64{init_task.ticks} * (100 / HZ));
    out.put('\n');
}

struct cpu_ticks {
    u64 user = 0, nice = 0, system = 0;
};
cpu_ticks used_ticks() {
    cpu_ticks used;
    const lock_guard held(tasklist_lock);
    each_task_locked([&](const task_struct& task) {
        if (&task == &init_task) return;
        (task_nice(task) > 0 ? used.nice : used.user) += task.utime;
        used.system += task.stime;
    });
    return used;
}

// Of tasks that have ended the time is not kept as a whole, so these can fall.
void show_stat(text_sink& out) {
    const cpu_ticks used = used_ticks();
    const u64 idle = u64{init_task.ticks} * (USER_HZ / HZ);
    for (const char* const cpu : {"cpu ", "cpu0"})
        format_to(out, "{} {} {} {} {} 0 0 0 0 0 0\n", cpu, used.user, used.nice, used.system,
                  idle);
    format_to(out, "ctxt {}\nbtime {}\nprocesses {}\nprocs_running {}\nprocs_blocked 0\n",
              nr_context_switches(), (realtime_us() - uptime_us()) / 1000000, nr_tasks(),
              max_of(nr_running(), 1u));
}

void show_cmdline(text_sink& out) { format_to(out, "{}\n", the_boot_info().command_line); }

void show_cpuinfo(text_sink& out) {
    const cpu_features& cpu = boot_cpu();
    const char* const yes_fpu = cpu.fpu ? "yes" : "no";
    format_to(out, "processor\t: 0\nvendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: {}\n",
              cpu.vendor[0] ? cpu.vendor : "unknown", cpu.family, cpu.model);
    format_to(out, "model name\t: {}\nstepping\t: {}\n",
              cpu.model_name[0] ? cpu.model_name : "unknown", cpu.stepping);
    format_to(out, "fpu\t\t: {}\nfpu_exception\t: {}\nflags\t\t: ", yes_fpu, yes_fpu);
    print_flags(out, cpu);
    format_to(out, "\naddress sizes\t: {} bits physical, 32 bits virtual\n\n", cpu.phys_bits);
}

void show_filesystems(text_sink& out) {
    for (const file_system_type* const type : registered<file_system_type>())
        format_to(out, "nodev\t{}\n", type->name);
}

void show_devices(text_sink& out) {
    out.write("Character devices:\n");
    u32 before = 0;
    for (u32 major = 1; major < 256; ++major)
        for (const char_device* const device : registered<char_device>()) {
            if (MAJOR(device->device) != major || major == before) continue;
            before = major;
            format_to(out, "{:>3} {}\n", major, major == 1 ? "mem" : device->name);
        }
    out.write("\nBlock devices:\n");
}

}  // namespace

REGISTER(proc_file, version_file) = {.path = "version", .show = show_version};
REGISTER(proc_file, uptime_file) = {.path = "uptime", .show = show_uptime};
REGISTER(proc_file, stat_file) = {.path = "stat", .show = show_stat};
REGISTER(proc_file, cmdline_file) = {.path = "cmdline", .show = show_cmdline};
REGISTER(proc_file, cpuinfo_file) = {.path = "cpuinfo", .show = show_cpuinfo};
REGISTER(proc_file, filesystems_file) = {.path = "filesystems", .show = show_filesystems};
REGISTER(proc_file, devices_file) = {.path = "devices", .show = show_devices};
