#include "mm/map/pgdump.hpp"

#include "arch/i386/cpu_features.hpp"
#include "lib/bytes.hpp"
#include "lib/command.hpp"
#include "mm/map/kernel_layout.hpp"

namespace {

std::string_view area_of(u32 address) {
    if (const kernel_part* const part = linear_part(address)) return part->name;
    if (address < PAGE_OFFSET) return "user";
    if (address >= FIXADDR_START) return "fixmap";
    if (address >= PKMAP_BASE) return "pkmap";
    if (address >= vmalloc_start()) return "vmalloc";
    return "boot window";
}

}  // namespace

void format_value(text_sink& out, const format_spec&, shown_rights shown) {
    page_rights rights = shown.rights;
    const char text[] = {rights.inaccessible ? '-' : 'r', rights.write ? 'w' : '-',
                         rights.no_execute ? '-' : 'x'};
    out.write({text, sizeof(text)});
}

void print_page_tables(text_sink& out, const kernel_map& map) {
    for_each_mapped_range(map, [&](const mapped_range& range) {
        const u32 page = 1u << kernel_format::shift(range.level);
        format_to(out, "{:#010x}-{:#010x} {:>9} of {:>5} {} {:6} {:8} {}\n", range.start,
                  range.last() + 1, byte_size{u64{range.pages} << PAGE_SHIFT}, byte_size{page},
                  shown_rights{range.rights}, range.rights.global ? "global" : "",
                  range.rights.uncached ? "uncached" : "", area_of(range.start));
    });
}

REGISTER(monitor_command, pgdump_command) = {
    .name = "pgdump",
    .usage = "pgdump",
    .help = "the kernel's page tables, as ranges with rights and page sizes",
    .run = [](command_line&, text_sink& out) -> int {
        print_page_tables(out, init_mm);
        return 0;
    },
};

REGISTER(monitor_command, layout_command) = {
    .name = "layout",
    .usage = "layout",
    .help = "what lies where in the kernel's gigabyte",
    .run = [](command_line&, text_sink& out) -> int {
        print_kernel_layout(out);
        return 0;
    },
};
