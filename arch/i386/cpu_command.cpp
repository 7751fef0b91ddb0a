// cpu: what this CPU is, and what the kernel made of it.
// gdt: the segments it runs with.
#include <cpu/paging_mode.hpp>
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/segments.hpp"
#include "lib/command.hpp"

namespace {

// Collects words and breaks lines before column 80.
class word_wrapper final : public text_sink {
public:
    explicit word_wrapper(text_sink& out) : out_(out) {}
    void write(std::string_view text) override {
        if (text == " ") return;
        if (column_ + text.size() + 1 > 79) {
            out_.write("\n            ");
            column_ = 12;
        }
        format_to(out_, " {}", text);
        column_ += text.size() + 1;
    }

private:
    text_sink& out_;
    size_t column_ = 12;
};

int show_cpu(command_line&, text_sink& out) {
    const cpu_features& cpu = boot_cpu();
    const cpu_decisions& use = boot_decisions();
    std::string_view name = cpu.model_name;
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    format_to(out, "model        {}\n", name.empty() ? "(no name)" : name);
    format_to(out, "vendor       {}, family {}, model {}, stepping {}\n",
              cpu.vendor[0] ? cpu.vendor : "(no CPUID)", cpu.family, cpu.model, cpu.stepping);
    out.write("flags       ");
    word_wrapper flags(out);
    print_flags(flags, cpu);
    format_to(out, "\naddresses    {} bits on the bus, {} used\n", cpu.phys_bits, use.phys_bits);
    format_to(out, "paging       {}, {} pages, {} global pages\n",
              paging_is_pae ? "PAE" : "two-level", use.large_pages ? "large" : "only 4 KiB",
              use.global_pages ? "with" : "no");
    format_to(out, "registers    cr0 {:08x}  cr3 {:08x}", read_cr0(), read_cr3());
    if (use.write_cr4) format_to(out, "  cr4 {:08x}", read_cr4());
    out.write("\n");
    return 0;
}

int show_gdt(command_line&, text_sink& out) {
    static constexpr struct {
        u16 index;
        const char* use;
    } known[] = {
        {KERNEL_CS / 8, "kernel code"},
        {KERNEL_DS / 8, "kernel data"},
        {USER_CS / 8, "user code"},
        {USER_DS / 8, "user data"},
        {TSS_SELECTOR / 8, "task state of this CPU"},
        {PERCPU_SELECTOR / 8, "per-CPU data (%fs)"},
        {DOUBLE_FAULT_TSS_SELECTOR / 8, "task for double faults"},
    };
    out.write("selector  ring  base      limit     descriptor        use\n");
    for (const auto& entry : known) {
        const segment_descriptor d = gdt_entry(entry.index);
        format_to(out, "{:#06x}    {}     {:08x}  {:08x}  {:016x}  {}\n",
                  entry.index * 8 + d.ring(), d.ring(), d.base(), d.limit(), d.raw(), entry.use);
    }
    return 0;
}

}  // namespace

REGISTER(monitor_command, cpu_command) = {
    .name = "cpu",
    .usage = "cpu",
    .help = "what this CPU is, and what the kernel uses of it",
    .run = show_cpu,
};

REGISTER(monitor_command, gdt_command) = {
    .name = "gdt",
    .usage = "gdt",
    .help = "the segments: selector, privilege, base, limit",
    .run = show_gdt,
};
