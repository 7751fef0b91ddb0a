// walk: from a logical address to a physical one, every step; as the kernel sees it, or a
// program.
#include "arch/i386/control.hpp"
#include "arch/i386/segments.hpp"
#include "lib/bytes.hpp"
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"
#include "mm/map/init_mm.hpp"
#include "mm/map/walk.hpp"
#include "mm/vm/named_space.hpp"
#include "mm/vm/user_tables.hpp"

namespace {

struct segment_name {
    std::string_view prefix;
    const char* name;
    u16 selector;
};
using segment_names = std::span<const segment_name>;
constexpr segment_name kernel_segments[] = {
    {"ds:", "ds", KERNEL_DS}, {"cs:", "cs", KERNEL_CS}, {"fs:", "fs", PERCPU_SELECTOR}};
constexpr segment_name user_segments[] = {{"ds:", "ds", USER_DS}, {"cs:", "cs", USER_CS}};

// The segment in front of a word, which is taken off; %ds where none is named.
const segment_name& take_segment(std::string_view& word, segment_names known) {
    for (const segment_name& segment : known) {
        if (!word.starts_with(segment.prefix)) continue;
        word.remove_prefix(segment.prefix.size());
        return segment;
    }
    return known[0];
}

void print_segmentation(text_sink& out, const segment_name& segment, u32 offset) {
    const segment_descriptor descriptor = gdt_entry(segment.selector / 8);
    format_to(out, "logical     {}:{:#010x}  selector {:#x}: GDT entry {}, ring {}\n",
              segment.name, offset, segment.selector, segment.selector / 8, segment.selector & 3);
    format_to(out, "descriptor  {:#018x}  base {:#x}, limit {:#x}, ring {}, {}\n",
              descriptor.raw(), descriptor.base(), descriptor.limit(), descriptor.ring(),
              descriptor.is_code() ? "code" : "data");
    format_to(out, "linear      {:#010x}  base + offset{}\n", descriptor.base() + offset,
              descriptor.base() == 0 ? ": the same, the segment is flat" : "");
}

template <class Tables>
int walk(std::string_view word, segment_names known, u32 cr3, const Tables& tables,
         text_sink& out) {
    const segment_name& segment = take_segment(word, known);
    const auto offset = parse_number(word);
    if (!offset || *offset > ~u32{0}) {
        format_to(out, "walk: {} is not an address\n", word);
        return EINVAL;
    }
    print_segmentation(out, segment, static_cast<u32>(*offset));
    const u32 base = gdt_entry(segment.selector / 8).base();
    format_to(out, "cr3         {:#010x}  the top table is there\n", cr3);
    walk_printer(out, tables).print(base + static_cast<u32>(*offset));
    return 0;
}

int walk_program(std::string_view pid, std::string_view word, text_sink& out) {
    const named_space mm(pid, out);
    if (!mm) return ESRCH;
    const read_guard held((*mm).mmap_sem);
    const u32 cr3 = static_cast<u32>(virt_to_phys((*mm).pgd()).raw());
    return walk(word, user_segments, cr3, tables_of(*mm), out);
}

}  // namespace

REGISTER(monitor_command, walk_command) = {
    .name = "walk",
    .usage = "walk [PID] [cs:|ds:|fs:]ADDR",
    .help = "an address through segment and page tables, step by step",
    .run = [](command_line& line, text_sink& out) -> int {
        if (line.count() == 2) return walk_program(line.arg(0), line.arg(1), out);
        if (line.count() == 1)
            return walk(line.arg(0), kernel_segments, read_cr3(), init_mm.tables(), out);
        out.write("usage: walk [PID] [cs:|ds:|fs:]ADDR\n");
        return EINVAL;
    },
};
