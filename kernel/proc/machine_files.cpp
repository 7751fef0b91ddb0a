// What /proc tells of machine and kernel as a whole, where no other floor does.
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/irq.hpp"
#include "fs/vfs/char_device.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/syscall/utsname.hpp"
#include "kernel/time/user_time.hpp"
#include "lib/boot_info.hpp"
#include "lib/proc_file.hpp"
#include "mm/phys/memory_map.hpp"

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
              nr_context_switches(), (realtime_us() - uptime_us()) / 1000000, total_forks(),
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

const char* resource_name(memory_kind kind) {
    switch (kind) {
        case memory_kind::acpi_reclaimable: return "ACPI Tables";
        case memory_kind::acpi_nvs: return "ACPI Non-volatile Storage";
        case memory_kind::unusable: return "Unusable memory";
        case memory_kind::reserved: return "Reserved";
        default: return "System RAM";
    }
}

// Neighbours of one name are one. Where things lie is root's to know.
void show_iomem(text_sink& out) {
    const bool hidden = current_task()->cred.euid != 0;
    const auto ranges = the_memory_map().ranges();
    for (size_t i = 0; i < ranges.size(); ++i) {
        const u64 start = ranges[i].start;
        const char* const name = resource_name(ranges[i].kind);
        while (i + 1 < ranges.size() && ranges[i + 1].start == ranges[i].end &&
               resource_name(ranges[i + 1].kind) == name)
            ++i;
        format_to(out, "{:08x}-{:08x} : {}\n", hidden ? 0 : start,
                  hidden ? 0 : ranges[i].end - 1, name);
    }
}

}  // namespace

REGISTER(proc_file, interrupts_file) = {
    .path = "interrupts", .show = [](text_sink& out) { the_irq_table().print(out); }};
REGISTER(proc_file, iomem_file) = {.path = "iomem", .show = show_iomem};
REGISTER(proc_file, version_file) = {.path = "version", .show = show_version};
REGISTER(proc_file, uptime_file) = {.path = "uptime", .show = show_uptime};
REGISTER(proc_file, stat_file) = {.path = "stat", .show = show_stat};
REGISTER(proc_file, cmdline_file) = {.path = "cmdline", .show = show_cmdline};
REGISTER(proc_file, cpuinfo_file) = {.path = "cpuinfo", .show = show_cpuinfo};
REGISTER(proc_file, filesystems_file) = {.path = "filesystems", .show = show_filesystems};
REGISTER(proc_file, devices_file) = {.path = "devices", .show = show_devices};
