// PIC or APIC, as found. The MP table of machines between the two ages is not
// read: whoever has one has PICs too, and those serve one CPU as well.
#include "arch/i386/apic.hpp"
#include "arch/i386/firmware_memory.hpp"
#include "arch/i386/pic.hpp"
#include "lib/boot_param.hpp"
#include "lib/log.hpp"

namespace {

constinit bool apic_forbidden = false;
constinit bool apic_in_use = false;

// Null when the APICs are on.
const char* try_apic() {
    if (apic_forbidden) return "noapic";
    const auto& root = the_acpi_root();
    if (!root) return "no ACPI";
    const auto madt = find_acpi_table(firmware_memory(), *root, "APIC");
    if (!madt) return "ACPI has no MADT";
    interrupt_topology topology;
    if (const char* problem = read_madt(firmware_memory(), *madt, topology)) return problem;
    return apic_init(topology);
}

}  // namespace

void interrupts_init() {
    // The PICs in any case: unless moved and masked, what they still bring
    // would look like exceptions.
    const bool pic_found = pic_init();
    if (const char* why_not = try_apic()) {
        lapic_pass_pic_through();
        the_irq_table().use_chip(pic_chip());
        pr_info("interrupts: 8259 PICs ({})", why_not);
        if (!pic_found) pr_err("interrupts: there is no PIC either: no tick, no keyboard");
    } else {
        apic_in_use = true;
        the_irq_table().use_chip(apic_chip());
        pr_info("interrupts: IO-APIC and local APIC");
    }
}

bool interrupts_use_apic() { return apic_in_use; }

bool interrupts_fall_back_to_pic() {
    if (!apic_in_use) return false;
    apic_in_use = false;
    lapic_pass_pic_through();
    the_irq_table().use_chip(pic_chip());
    pr_warn("interrupts: the APIC brings none, using the PICs");
    return true;
}

// The PICs are masked before they are shut out: what they have asked for must be taken
// back on the way that it came. QEMU's CPU would go on to look for it, find nothing,
// and raise a general protection fault with the entry of interrupt -1.
void interrupts_return_to_apic() {
    the_irq_table().use_chip(apic_chip());
    lapic_shut_pic_out();
    apic_in_use = true;
}

REGISTER(boot_param, noapic_param) = {
    .name = "noapic",
    .help = "use the 8259 interrupt controllers even where there is an APIC",
    .set =
        [](std::string_view value) {
            if (!value.empty()) return false;
            apic_forbidden = true;
            return true;
        },
};
