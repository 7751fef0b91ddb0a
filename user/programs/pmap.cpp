// A process's areas: how large each is, how much of it is in memory (the rest was never
// touched), and how much was written to, which no file has. /proc/PID/smaps walks the page
// tables for that.
#include "user/lib/files.hpp"
#include "user/lib/program.hpp"

namespace {

struct sums {
    u64 size = 0, rss = 0, dirty = 0;
};

// Lines that follow an area's own say one thing each of it.
struct area_text {
    map_line area{};
    char name[48]{};
    char permissions[5]{};
    sums numbers;
    bool there = false;
};

void show(const area_text& it, sums& total) {
    if (!it.there) return;
    print("{:08x} {:>8}K {:>8}K {:>8}K {} {}\n", it.area.begin, it.numbers.size,
          it.numbers.rss, it.numbers.dirty, it.permissions, it.name);
    total.size += it.numbers.size;
    total.rss += it.numbers.rss;
    total.dirty += it.numbers.dirty;
}

void begin(area_text& it, const map_line& area) {
    it = {};
    it.area = area;
    it.there = true;
    it.numbers.size = (area.end - area.begin) / 1024;
    format_in(it.permissions, "{}", area.permissions);
    format_in(it.name, "{}", area.name.empty() ? "[ anonymous ]" : area.name);
}

void add(area_text& it, std::string_view line) {
    u64 value = 0;
    if (find_field(line, "Rss", value)) it.numbers.rss = value;
    if (find_field(line, "Private_Dirty", value)) it.numbers.dirty += value;
    if (find_field(line, "Shared_Dirty", value)) it.numbers.dirty += value;
}

int show_all(std::string_view pid) {
    char path[64];
    format_in(path, "/proc/{}/smaps", pid);
    line_reader lines(path);
    if (lines.error()) return complain("pmap", path, lines.error()), 1;
    print("{:<8} {:>9} {:>9} {:>9} {:<4} {}\n", "address", "size", "in memory", "written",
          "mode", "what");
    sums total;
    area_text it;
    for (std::string_view line; lines.next(line);) {
        map_line area{};
        if (parse_map_line(line, area)) {
            show(it, total);
            begin(it, area);
        } else {
            add(it, line);
        }
    }
    show(it, total);
    print("{:<8} {:>8}K {:>8}K {:>8}K\n", "total", total.size, total.rss, total.dirty);
    return 0;
}

}  // namespace

PROGRAM(pmap, "[PID]", "a process's areas, and what of them is in memory") {
    u32 pid = 0;
    if (args.count == 0) return show_all("self");
    if (args.count > 1 || !parse_number(args[0], pid)) return wrong_usage("pmap");
    return show_all(args[0]);
}
