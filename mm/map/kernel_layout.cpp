#include "mm/map/kernel_layout.hpp"

#include <cpu/tsc.hpp>
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "lib/bytes.hpp"
#include "lib/image.hpp"
#include "lib/init.hpp"
#include "lib/log.hpp"
#include "lib/symbol.hpp"

extern "C" char __text_start[], __text_end[], __rodata_start[], __rodata_end[];

void* high_memory;
u64 kernel_map_init_ticks;

namespace {

constexpr unsigned nr_parts = 9;
constinit kernel_part parts[nr_parts]{};

u32 at(const void* pointer) { return static_cast<u32>(reinterpret_cast<uintptr_t>(pointer)); }

u32 pages_in(u32 start, u32 end) { return (end - start) >> PAGE_SHIFT; }

// In the order of addresses, each beginning where the one before ends.
void find_parts() {
    const page_rights data = kernel_rights(true);
    const struct {
        const char* name;
        const void* start;
        page_rights rights;
    } wanted[nr_parts + 1] = {
        {"low memory", reinterpret_cast<void*>(PAGE_OFFSET), data},
        {"boot code", __image_start, kernel_rights(false)},
        {"kernel text", __text_start, kernel_rights(false, true)},
        {"init text", __init_begin, kernel_rights(false, true)},
        {"init data", __init_text_end, data},
        {"read-only data", __rodata_start, kernel_rights(false)},
        {"kernel data", __data_start, data},
        {"packed tests", __data_end, kernel_rights(false)},
        {"free memory", image_end(), data},
        {"", high_memory, {}},
    };
    for (unsigned i = 0; i < nr_parts; ++i)
        parts[i] = {wanted[i].name, at(wanted[i].start), at(wanted[i + 1].start),
                    wanted[i].rights};
}

// Boot mapped all of it as data that may be executed. A split may be needed at each
// border; protect() does those it needs.
const char* give_rights() {
    for (const kernel_part& part : parts)
        if (part.start != part.end && part.rights != kernel_rights(true, true) &&
            !init_mm.protect(part.start, pages_in(part.start, part.end), part.rights))
            return "there is no room in RAM for the kernel's page tables";
    return nullptr;
}

// Boot mapped whole large pages; what is behind the end of RAM is somebody else's.
const char* cut_off_linear_map() {
    const u32 unit = 1u << kernel_format::shift(1);
    const u32 end = at(high_memory);
    const u32 mapped_end = align_up(end, unit);
    if (end == mapped_end) return nullptr;
    if (!init_mm.cut(end, pages_in(end, mapped_end)))
        return "there is no room in RAM for the kernel's page tables";
    return nullptr;
}

constexpr std::string_view layout_title = "virtual kernel memory layout:";

struct layout_row {
    const char* name;
    u32 start, end;

    friend void format_value(text_sink& out, const format_spec&, const layout_row& row) {
        format_to(out, "  {:>8} : {:#010x} - {:#010x}   ({:>7})", row.name, row.start, row.end,
                  byte_size{row.end - row.start});
    }
};

template <class Visit>
void for_each_layout_row(Visit visit) {
    const layout_row rows[] = {
        {"fixmap", FIXADDR_START, FIXADDR_TOP},
        {"pkmap", PKMAP_BASE, PKMAP_BASE + LAST_PKMAP * PAGE_SIZE},
        {"vmalloc", vmalloc_start(), VMALLOC_END},
        {"lowmem", static_cast<u32>(PAGE_OFFSET), at(high_memory)},
        {".init", at(__init_begin), at(__init_end)},
        {".data", at(__data_start), at(__data_end)},
        {".rodata", at(__rodata_start), at(__rodata_end)},
        {".text", at(__text_start), at(__text_end)},
    };
    for (const layout_row& row : rows) visit(row);
}

}  // namespace

u32 vmalloc_start() {
    return align_up(at(high_memory) + VMALLOC_OFFSET, 1u << kernel_format::shift(1));
}

const char* kernel_map_init() {
    const u64 start = has_tsc() ? read_tsc() : 0;
    high_memory = phys_to_virt(phys_addr(boot_tables_lowmem()));
    init_mm.learn_cpu();
    find_parts();
    if (const char* const why = cut_off_linear_map()) return why;
    if (const char* const why = give_rights()) return why;
    if (has_tsc()) kernel_map_init_ticks = read_tsc() - start;
    return nullptr;
}

void kernel_map_forget_init() {
    for (kernel_part& part : parts) {
        if (part.start != at(__init_begin)) continue;
        part.rights = kernel_rights(true);
        part.name = "free memory";
        if (!init_mm.protect(part.start, pages_in(part.start, part.end), part.rights))
            panic("the init text lies in a large page");
    }
}

const kernel_part* linear_part(u32 address) {
    for (const kernel_part& part : parts)
        if (part.start <= address && address < part.end) return &part;
    return nullptr;
}

void print_kernel_layout(text_sink& out) {
    format_to(out, "{}\n", layout_title);
    for_each_layout_row([&](const layout_row& row) { format_to(out, "{}\n", row); });
}

void log_kernel_layout() {
    pr_info("{}", layout_title);
    for_each_layout_row([](const layout_row& row) { pr_info("{}", row); });
}
