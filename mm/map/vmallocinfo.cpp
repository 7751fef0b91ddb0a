// The areas as Linux's /proc/vmallocinfo shows them, and how many frames of each are in
// which zone:
//
//     0xc4800000-0xc4804000   16384 some_function+0x14 pages=3 vmalloc NNormal=3
#include "mm/map/vmallocinfo.hpp"

#include "lib/command.hpp"
#include "lib/proc_file.hpp"
#include "lib/symbol.hpp"
#include "mm/map/vmalloc.hpp"

namespace {

constexpr size_t columns = 79;

void print_range(text_sink& out, u32 start, u32 end) {
    format_to(out, "{:#010x}-{:#010x} {:>7}", start, end, end - start);
}

// All behind the caller.
void print_kind(text_sink& out, const vmalloc_space::facts& facts) {
    const vm_struct& area = facts.area;
    if (area.nr_pages > 0) format_to(out, " pages={}", area.nr_pages);
    if (area.flags & VM_IOREMAP) format_to(out, " phys={:#010x} ioremap", area.phys_addr);
    if (area.flags & VM_ALLOC) out.write(" vmalloc");
    if (area.flags & VM_MAP) out.write(" vmap");
    if (area.flags & VM_UNINITIALIZED) out.write(" unfinished");
    if (facts.array_is_area) out.write(" vpages");
    for (unsigned zone = MAX_NR_ZONES; zone-- > 0;)
        if (facts.zone_pages[zone] > 0)
            format_to(out, " N{}={}", zone_name(zone_type(zone)), facts.zone_pages[zone]);
}

void print_area(text_sink& out, const vmalloc_space::facts& facts) {
    text_buffer<columns> kind, line, caller;
    print_kind(kind, facts);
    print_range(line, facts.area.va_start, facts.area.va_end);
    if (facts.area.caller) {
        format_to(caller, "{}", code_address{facts.area.caller});
        const size_t used = line.view().size() + 1 + kind.view().size();
        if (used < columns) {
            line.put(' ');
            line.write(caller.view().substr(0, columns - used));
        }
    }
    line.write(kind.view());
    out.write(line.view());
    out.put('\n');
}

void print_lazy(text_sink& out, const vmalloc_space& space) {
    range<u32> some[16];
    for (u32 first = 0; !monitor_interrupted();) {
        const u32 count = space.lazy_ranges(first, some);
        for (u32 i = 0; i < count; ++i) {
            print_range(out, some[i].start, some[i].end);
            out.write(" freed, waits for a flush\n");
        }
        if (count < std::size(some)) return;
        first += count;
    }
}

}  // namespace

void print_vmallocinfo(text_sink& out, const vmalloc_space& space) {
    vmalloc_space::facts facts;
    for (u32 at = 0; space.describe_from(at, facts) && !monitor_interrupted();) {
        print_area(out, facts);
        at = facts.area.va_end;
    }
    print_lazy(out, space);
}

REGISTER(proc_file, vmallocinfo_file) = {
    .path = "vmallocinfo",
    .mode = 0400,
    .show = [](text_sink& out) { print_vmallocinfo(out, the_vmalloc_space()); }};

REGISTER(monitor_command, vmallocinfo_command) = {
    .name = "vmallocinfo",
    .usage = "vmallocinfo",
    .help = "areas of vmalloc, vmap and ioremap, and the zones of their frames",
    .run = [](command_line&, text_sink& out) {
        print_vmallocinfo(out, the_vmalloc_space());
        return 0;
    },
};
