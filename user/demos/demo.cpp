#include "user/demos/demo.hpp"

#include "user/lib/files.hpp"
#include "user/lib/program.hpp"

extern const demonstration demonstrations_begin[] asm("__start_demonstrations");
extern const demonstration demonstrations_end[] asm("__stop_demonstrations");

namespace {

u32 not_seen;

int run(const demonstration& one) {
    not_seen = 0;
    print("{}: {}\n", one.name, one.help);
    one.run();
    return not_seen != 0;
}

}  // namespace

PROGRAM(demo, "[NAME | all]", "shows one thing that the kernel does for programs") {
    const std::string_view wanted = args[0];
    int status = 0;
    bool found = wanted.empty();
    for (const demonstration* d = demonstrations_begin; d < demonstrations_end; d++) {
        if (wanted.empty()) print("{:<14} {:<6} {}\n", d->name, d->row, d->help);
        if (wanted != "all" && wanted != d->name) continue;
        found = true;
        status |= run(*d);
    }
    if (!found) print(2, "demo: there is none of that name; demo lists them\n");
    return found ? status : 2;
}

void see_text(bool is_so, std::string_view what) {
    print("  {} {}\n", is_so ? "yes" : "NO ", what);
    not_seen += !is_so;
}

seen_page look_at(u32 address) {
    const int fd = open("/proc/self/pagemap", O_RDONLY);
    u64 entry = 0;
    const int got =
        pread(fd, &entry, sizeof entry, u64{address / PAGE_SIZE} * sizeof entry);
    close(fd);
    if (got != int(sizeof entry)) return {};
    return {bool(entry >> 63 & 1), bool(entry >> 61 & 1), entry & ((u64{1} << 55) - 1)};
}

u32 areas_in(u32 begin, u32 end, char* rights, size_t size) {
    line_reader maps("/proc/self/maps");
    u32 count = 0;
    size_t length = 0;
    rights[0] = 0;
    for (std::string_view line; maps.next(line);) {
        map_line area{};
        if (!parse_map_line(line, area) || area.end <= begin || area.begin >= end) continue;
        const print_argument all[] = {count ? " " : "", area.permissions};
        length += format_into(rights + length, size - length, "{}{}", {all, 2});
        count++;
    }
    return count;
}

u32 faults_so_far() {
    rusage usage;
    return getrusage(0, &usage) < 0 ? 0 : usage.minflt;
}

u32 in_child(void (*run)(void*), void* argument) {
    const int pid = fork();
    if (pid == 0) {
        run(argument);
        exit(0);
    }
    u32 status = ~0u;
    wait4(pid, &status);
    return status;
}

u32 anonymous(u32 pages, u32 protection, u32 flags) {
    return mmap(0, pages * PAGE_SIZE, protection, flags | MAP_ANONYMOUS);
}
