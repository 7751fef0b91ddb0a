// memmap: the picture of physical memory.
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"
#include "mm/phys/memory_picture.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

constexpr u64 usual_length = 4 * MiB;  // a page a cell

pfn_range frames_of_mem_map() {
    const phys_addr start = virt_to_phys(mem_map);
    const phys_addr end = virt_to_phys(mem_map + the_page_allocator().frames());
    return {phys_to_pfn(start), phys_to_pfn(end + (PAGE_SIZE - 1))};
}

// START [LENGTH] in bytes, to whole frames; nothing, and it was said why.
std::optional<pfn_range> parse_place(const command_line& line, text_sink& out) {
    const u64 top = u64{the_page_allocator().frames()} << PAGE_SHIFT;
    if (line.count() == 0) return pfn_range{pfn(0), pfn(the_page_allocator().frames())};
    const auto start = parse_size(line.arg(0));
    const auto length = line.count() == 2 ? parse_size(line.arg(1)) : usual_length;
    if (!start || !length || *length == 0 || line.count() > 2) {
        out.write("usage: memmap [START [LENGTH]]    as 0x1000000, 16M\n");
        return std::nullopt;
    }
    if (*start >= top) {
        format_to(out, "memmap: {:#x} is beyond mem_map, which ends at {:#x}\n", *start, top);
        return std::nullopt;
    }
    const u64 end = *start + min_of(*length, top - *start);
    return pfn_range{pfn(static_cast<u32>(*start >> PAGE_SHIFT)),
                     pfn(static_cast<u32>((end + PAGE_SIZE - 1) >> PAGE_SHIFT))};
}

int show_picture(command_line& line, text_sink& out) {
    if (!mem_map) {
        out.write("memmap: there is no mem_map yet\n");
        return ENODEV;
    }
    const auto place = parse_place(line, out);
    if (!place) return EINVAL;
    const memory_picture picture(the_page_allocator(), the_memory_map(), frames_of_mem_map());
    picture.print(out, *place);
    memory_picture::print_legend(out);
    return 0;
}

}  // namespace

REGISTER(monitor_command, memmap_command) = {
    .name = "memmap",
    .usage = "memmap [START [LENGTH]]",
    .help = "a picture of physical memory: who owns what",
    .run = show_picture,
};
