// What happened to memory since the last line, and on the first line since the machine was
// switched on: page faults from /proc/vmstat, interrupts and context switches from
// /proc/stat. Faults and switches are counted whether or not anybody reads them.
#include "user/lib/calls.hpp"
#include "user/lib/files.hpp"
#include "user/lib/program.hpp"

namespace {

struct counts {
    u64 faults = 0, major_faults = 0, allocated = 0, interrupts = 0, switches = 0;
    u64 user = 0, system = 0, idle = 0;
};
struct levels {
    u64 running = 0, blocked = 0, unused = 0, cache = 0;
};

char buffer[8192];

void read_vmstat(counts& now) {
    const std::string_view text = read_text("/proc/vmstat", buffer, sizeof buffer);
    find_field(text, "pgfault", now.faults);
    find_field(text, "pgmajfault", now.major_faults);
    for (const char* zone : {"pgalloc_dma", "pgalloc_normal", "pgalloc_high"}) {
        u64 value = 0;
        if (find_field(text, zone, value)) now.allocated += value;
    }
}

void read_stat(counts& now, levels& here) {
    std::string_view text = read_text("/proc/stat", buffer, sizeof buffer);
    find_field(text, "intr", now.interrupts);
    find_field(text, "ctxt", now.switches);
    find_field(text, "procs_running", here.running);
    find_field(text, "procs_blocked", here.blocked);
    std::string_view cpu = take_until(text, '\n');
    take_word(cpu);
    u64 values[7] = {};  // user nice system idle iowait irq softirq
    for (u64& value : values) {
        std::string_view word = take_word(cpu);
        take_number(word, value);
    }
    now.user = values[0] + values[1];
    now.system = values[2] + values[5] + values[6];
    now.idle = values[3] + values[4];
}

void read_meminfo(levels& here) {
    const std::string_view text = read_text("/proc/meminfo", buffer, sizeof buffer);
    u64 buffers = 0;
    find_field(text, "MemFree", here.unused);
    find_field(text, "Buffers", buffers);
    find_field(text, "Cached", here.cache);
    here.cache += buffers;
}

void print_line(const counts& now, const counts& then, const levels& here, u32 seconds) {
    const auto rate = [&](u64 value, u64 before) {
        return divide(value - before, seconds);
    };
    const u64 user = now.user - then.user, system = now.system - then.system;
    const u64 idle = now.idle - then.idle;
    const u32 all = u32(user + system + idle) ? u32(user + system + idle) : 1;
    print("{:>2} {:>2} {:>8} {:>8} {:>8} {:>5} {:>9} {:>8} {:>8} {:>3} {:>3} {:>3}\n",
          here.running, here.blocked, here.unused, here.cache,
          rate(now.faults, then.faults), rate(now.major_faults, then.major_faults),
          rate(now.allocated, then.allocated), rate(now.interrupts, then.interrupts),
          rate(now.switches, then.switches), divide(100 * user, all),
          divide(100 * system, all), divide(100 * idle, all));
}

}  // namespace

PROGRAM(vmstat, "[SECONDS [COUNT]]", "faults, pages, interrupts: a second") {
    u32 seconds = 1, count = 1;
    if (args.has(0) && (!parse_number(args[0], seconds) || seconds == 0))
        return wrong_usage("vmstat");
    if (args.has(0)) count = ~0u;
    if (args.has(1) && !parse_number(args[1], count)) return wrong_usage("vmstat");
    print("{:<5} {:<17} {:>8} {:>5} {:>9} {:>8} {:>8} {:>11}\n", "tasks", "memory KiB", "",
          "", "", "", "", "CPU %");
    print("{:>2} {:>2} {:>8} {:>8} {:>8} {:>5} {:>9} {:>8} {:>8} {:>3} {:>3} {:>3}\n", "r",
          "b", "free", "cache", "faults", "major", "pages", "irqs", "switches", "us", "sy",
          "id");
    counts then;
    for (u32 i = 0; i < count; i++) {
        if (i > 0) sleep_for(1000 * seconds);
        counts now;
        levels here;
        read_vmstat(now);
        read_stat(now, here);
        read_meminfo(here);
        if (now.switches == 0) return print(2, "vmstat: /proc/stat cannot be read\n"), 1;
        print_line(now, then, here, i == 0 ? 1 : seconds);
        then = now;
    }
    return 0;
}
