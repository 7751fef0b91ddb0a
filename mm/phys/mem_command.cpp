// mem: what the firmware said of memory, and what was made of it.
#include "lib/bytes.hpp"
#include "lib/command.hpp"
#include "mm/phys/memory_map.hpp"

namespace {

void print_sums(text_sink& out, const memory_map& map) {
    u64 bytes[memory_kinds] = {};
    for (const memory_range& range : map.ranges()) bytes[size_t(range.kind)] += range.size();
    out.write("\nby kind:\n");
    for (size_t kind = 0; kind < memory_kinds; ++kind) {
        if (bytes[kind] == 0) continue;
        format_to(out, "  {:<18}{:>10}\n", memory_kind_name(static_cast<memory_kind>(kind)),
                  byte_size{bytes[kind]});
    }
    const u64 top = map.highest_ram_end();
    format_to(out, "\nRAM ends at {:#x}, frame {:#x}.\n", top, top >> PAGE_SHIFT);
    format_to(out, "A struct page of 32 bytes for each frame takes {}.\n",
              byte_size{(top >> PAGE_SHIFT) * 32});
}

int show_memory(command_line&, text_sink& out) {
    out.write("what the firmware said:\n");
    print_e820(out, the_boot_info().map());
    out.write("\nwhat was made of it:\n");
    print_memory_map(out, the_memory_map());
    print_map_notes(out, the_memory_map());
    print_sums(out, the_memory_map());
    return 0;
}

}  // namespace

REGISTER(monitor_command, mem_command) = {
    .name = "mem",
    .usage = "mem",
    .help = "the memory map: as the firmware gave it, and resolved",
    .run = show_memory,
};
