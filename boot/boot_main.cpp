// From the first C++ instruction to kernel_main. Paging is off at first: see
// start.S for why this code runs all the same.
//
//   0  require_cpu          the CPU can execute what follows
//   1  segments, traps      exceptions are reported from here on
//   2  serial line          and printk is heard
//   3  CPU                  what it can do; what is missing
//   4  boot information     copied out of the loader's memory
//   5  command line         the words that are needed early
//   6  memory map           and what in it is taken
//   7  screen               if its memory is no RAM; so a refusal can be read
//   8  page tables          all of lowmem at PAGE_OFFSET
//   9  paging on            flat segments, a guarded stack: kernel_main
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/early_ioremap.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "arch/i386/protection.hpp"
#include "arch/i386/required_cpu.hpp"
#include "arch/i386/segments.hpp"
#include "arch/i386/traps.hpp"
#include "boot/multiboot.hpp"
#include "drivers/screen/framebuffer.hpp"
#include "drivers/screen/screen.hpp"
#include "drivers/serial/uart.hpp"
#include "kernel/command_line/command_line.hpp"
#include "kernel/main.hpp"
#include "kernel/panic/panic.hpp"
#include "kernel/rigtest.hpp"
#include "lib/boot_info.hpp"
#include "lib/bytes.hpp"
#include "lib/image.hpp"
#include "lib/log.hpp"
#include "mm/map/layout.hpp"
#include "mm/phys/mem_init.hpp"
#include "mm/phys/page_alloc.hpp"

extern "C" {
extern char init_stack[], init_stack_end[];
void enter_paged_mode(u32 cr3, u32 cr4);
[[noreturn]] void switch_stack_and_call(u32 top, void (*function)(u32), u32 argument);
}

namespace {

// What is added to a logical address while paging is off (start.S).
constexpr u32 UNPAGED_SEGMENT_BASE = 0x40000000;
constexpr u64 LEAST_USABLE_RAM = 1664 * KiB;

constinit boot_info info;
constinit memory_map map;
constinit u32 stack_guard = 0;
constinit u32 lowmem_most = 0;

// Reads the loader's memory while phys_to_virt still reaches all 4 GiB.
class unpaged_memory final : public physical_reader {
public:
    bool read(u64 address, void* to, size_t bytes) const override {
        if (address >= 4 * GiB || bytes > 4 * GiB - address) return false;
        __builtin_memcpy(to, phys_to_virt(phys_addr(static_cast<phys_raw>(address))), bytes);
        return true;
    }
};

u64 framebuffer_end() {
    return info.framebuffer.address + framebuffer_bytes(info.framebuffer);
}

// Whether the CPU, with this kernel's page tables, reaches the framebuffer.
bool framebuffer_is_in_reach() {
    return framebuffer_end() <= u64{1} << boot_decisions().phys_bits;
}

// Only for one that is in reach.
phys_addr framebuffer_start() {
    return phys_addr(static_cast<phys_raw>(info.framebuffer.address));
}

// A loader may say that the picture lies in RAM, even in the kernel. What would be
// drawn on is not believed then.
bool framebuffer_is_in_ram() {
    const u64 start = info.framebuffer.address;
    for (const memory_range& range : map.ranges())
        if (is_ram(range.kind) && range.start < framebuffer_end() && start < range.end)
            return true;
    return false;
}

const char* framebuffer_trouble() {
    if (const char* why = framebuffer_refusal(info.framebuffer)) return why;
    if (framebuffer_is_in_ram()) return "it would lie in RAM";
    if (!framebuffer_is_in_reach()) return "it lies beyond what this kernel can address";
    return nullptr;
}

// The screen is wherever the loader left it. Before paging everything below 4 GiB
// can be drawn on; what lies above waits until it is mapped.
void screen_on() {
    boot_framebuffer& display = info.framebuffer;
    if (display.kind == boot_framebuffer::vga_text) {
        screen_init_vga(phys_to_virt(phys_addr(static_cast<phys_raw>(display.address))));
    } else if (display.kind == boot_framebuffer::linear) {
        if (const char* why = framebuffer_trouble()) {
            pr_warn("screen: the framebuffer is of no use: {}", why);
            display = {};
            return;
        }
        map.reserve(display.address, framebuffer_end(), memory_kind::framebuffer);
        if (framebuffer_end() <= 4 * GiB)
            screen_init_framebuffer(display, phys_to_virt(framebuffer_start()));
    }
}

// The addresses by which it was drawn end with segmentation.
void screen_hides() {
    if (info.framebuffer.kind == boot_framebuffer::linear) screen_rebase(nullptr);
}

void screen_reappears() {
    const boot_framebuffer& display = info.framebuffer;
    if (display.kind != boot_framebuffer::linear) return;
    void* const mapped =
        early_ioremap(framebuffer_start(), framebuffer_bytes(display));
    if (!mapped) return pr_warn("screen: there is no room to map the framebuffer");
    if (screen_size().columns != 0)
        screen_rebase(mapped);
    else
        screen_init_framebuffer(display, mapped);
}

void build_memory_map() {
    const std::string_view words = info.command_line;
    lowmem_most = lowmem_limit_for(find_size_word(words, "vmalloc").value_or(0));
    map.build(info.map(), {.mem_limit = find_size_word(words, "mem").value_or(~u64{0}),
                           .phys_bits = boot_decisions().phys_bits});
    map.reserve(virt_to_phys(__image_start).raw(), virt_to_phys(image_end()).raw(),
                memory_kind::kernel);
    for (const boot_module& module : info.module_list())
        map.reserve(module.start, module.end, memory_kind::module);
}

void check_memory_suffices() {
    const u64 usable = map.usable_bytes();
    if (usable >= LEAST_USABLE_RAM) return;
    text_buffer<120> why;
    format_to(why, "it needs {} of usable RAM besides itself and finds {}",
              byte_size{LEAST_USABLE_RAM}, byte_size{usable});
    refuse_to_run(why.view());
}

u32 lowmem_bytes() {
    // The image and its tables must be mapped whatever the map says of them.
    const u64 image = virt_to_phys(image_end()).raw();
    return static_cast<u32>(min_of<u64>(max_of(map.highest_ram_end(), image), lowmem_most));
}

[[noreturn]] void leave_for_high_ground() {
    if (!boot_tables_build(lowmem_bytes()))
        refuse_to_run("there is no room in RAM for the first page tables");
    screen_hides();
    enter_paged_mode(boot_tables_cr3(), boot_decisions().write_cr4 ? boot_decisions().cr4 : 0);
    segments_init(0);
    traps_init(0);
    boot_tables_finish();
    protections_on();
    screen_reappears();

    const u32 size = static_cast<u32>(init_stack_end - init_stack);
    char* const stack = static_cast<char*>(
        boot_window_map(virt_to_phys(init_stack), size, boot_use::stack));
    if (!stack) refuse_to_run("there is no room in RAM for the first page tables");
    stack_guard = virt_of(stack).raw() - PAGE_SIZE;
    const u32 top = virt_of(stack).raw() + size;
    switch_stack_and_call(top, kernel_main, top);
}

}  // namespace

extern "C" [[noreturn]] void boot_main(u32 magic, u32 information) {
    require_cpu();
    segments_init(UNPAGED_SEGMENT_BASE);
    traps_init(UNPAGED_SEGMENT_BASE);
    serial_init_early();
    boot_cpu_detect();
    const char* const trouble = capture_boot_info(magic, information, unpaged_memory(), info);
    rigtest_before_output(info.command_line);
    pr_notice("Loci, a kernel to learn memory management from ({})",
              paging_is_pae ? "PAE" : "two-level paging");
    read_command_line();
    for (u32 i = 0; i < info.note_count; ++i) pr_warn("{}", info.notes[i]);
    build_memory_map();
    screen_on();
    log_memory_map(info.map(), map);
    if (trouble) refuse_to_run(trouble);
    if (!boot_decisions().refusal.empty()) refuse_to_run(boot_decisions().refusal);
    check_memory_suffices();
    rigtest_before_paging();
    leave_for_high_ground();
}

const boot_info& the_boot_info() { return info; }
memory_map& the_memory_map() { return map; }
u32 lowmem_limit() { return lowmem_most; }
u32 init_stack_guard() { return stack_guard; }

bool is_memory_at(u64 address) {
    const auto kind = map.kind_at(address);
    return kind && *kind != memory_kind::reserved;
}

std::optional<u64> boot_table_page() {
    if (page_allocator_is_up()) {
        const page* const page = alloc_page(GFP_ATOMIC);
        if (!page) return {};
        return page_to_phys(page).raw();
    }
    return map.take(PAGE_SIZE, PAGE_SIZE, lowmem_bytes(), memory_kind::boot);
}
