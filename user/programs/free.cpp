// What the machine's memory is used for, out of /proc/meminfo. Low memory is what the
// kernel reaches at a fixed address; what is above it is high memory.
#include "user/lib/files.hpp"
#include "user/lib/program.hpp"

namespace {

u64 field(std::string_view text, std::string_view name) {
    u64 value = 0;
    find_field(text, name, value);
    return value;
}

}  // namespace

PROGRAM(free, "", "memory: all, used, free, shared, in the page cache; in KiB") {
    char buffer[4096];
    const std::string_view text = read_text("/proc/meminfo", buffer, sizeof buffer);
    if (text.empty()) return print(2, "free: /proc/meminfo cannot be read\n"), 1;
    const auto get = [&](std::string_view name) { return field(text, name); };
    const u64 all = get("MemTotal"), unused = get("MemFree");
    const u64 cache = get("Buffers") + get("Cached") + get("SReclaimable");
    constexpr std::string_view row = "{:<6}{:>11} {:>11} {:>11}";
    print("{:<6}{:>11} {:>11} {:>11} {:>11} {:>11} {:>11}\n", "", "total", "used", "free",
          "shared", "buff/cache", "available");
    const u64 used = all > unused + cache ? all - unused - cache : 0;
    print("{:<6}{:>11} {:>11} {:>11} {:>11} {:>11} {:>11}\n", "Mem:", all, used, unused,
          get("Shmem"), cache, get("MemAvailable"));
    if (const u64 low = get("LowTotal")) {
        print(row, "Low:", low, low - get("LowFree"), get("LowFree"));
        print("\n");
        print(row, "High:", get("HighTotal"), get("HighTotal") - get("HighFree"),
              get("HighFree"));
        print("\n");
    }
    const u64 swap = get("SwapTotal");
    print(row, "Swap:", swap, swap - get("SwapFree"), get("SwapFree"));
    print("\n");
    return 0;
}
