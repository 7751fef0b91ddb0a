#include "drivers/power/power.hpp"

#include "arch/i386/firmware_memory.hpp"
#include <cpu/io.hpp>
#include <cpu/irqflags.hpp>
#include "drivers/keyboard/keyboard.hpp"
#include "drivers/power/acpi_power.hpp"
#include "lib/clock.hpp"
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/log.hpp"

namespace {

constexpr u16 fw_cfg_selector = 0x510, fw_cfg_data = 0x511;
constexpr u16 debug_exit_port = 0x501;

constexpr u16 pm1_sci_enabled = 1u << 0;
constexpr u16 pm1_sleep_enable = 1u << 13;
constexpr u32 pm1_sleep_type_shift = 10;
constexpr u16 pm1_sleep_bits = 0xFu << pm1_sleep_type_shift;

constinit acpi_power the_acpi_power;

bool qemu_is_there() {
    constexpr u16 signature = 0;
    outw(signature, fw_cfg_selector);
    for (char expected : {'Q', 'E', 'M', 'U'})
        if (inb(fw_cfg_data) != static_cast<u8>(expected)) return false;
    return true;
}

// Most BIOSes hand over in legacy mode, in which the PM1 registers do not listen.
void leave_legacy_mode(const acpi_power& acpi) {
    if (inw(acpi.pm1a_control) & pm1_sci_enabled) return;
    if (acpi.smi_command == 0 || acpi.acpi_enable == 0) return;
    outb(acpi.acpi_enable, acpi.smi_command);
    for (int ms = 0; ms < 300 && !(inw(acpi.pm1a_control) & pm1_sci_enabled); ++ms)
        udelay(1000);
}

void write_sleep_type(u16 port, u8 type) {
    const u16 kept = static_cast<u16>(inw(port) & ~(pm1_sleep_bits | pm1_sleep_enable));
    outw(static_cast<u16>(kept | type << pm1_sleep_type_shift | pm1_sleep_enable), port);
}

void acpi_soft_off(const acpi_power& acpi) {
    if (!acpi.can_turn_off) return;
    leave_legacy_mode(acpi);
    write_sleep_type(acpi.pm1a_control, acpi.off.pm1a);
    if (acpi.pm1b_control) write_sleep_type(acpi.pm1b_control, acpi.off.pm1b);
    udelay(200'000);  // the supply takes its time
}

void qemu_power_ports() {
    outw(0x2000, 0x604);   // pc and q35
    outw(0x2000, 0xB004);  // before QEMU 2
}

void acpi_reset(const reset_register& reset) {
    switch (reset.space) {
        case reset_register::none: return;
        case reset_register::io_port:
            outb(reset.value, static_cast<u16>(reset.address));
            break;
        case reset_register::pci_config: {
            const u32 device = reset.address >> 16, function = reset.address >> 8 & 7;
            const u32 offset = reset.address & 0xFF;
            outl(1u << 31 | device << 11 | function << 8 | (offset & ~3u), 0xCF8);
            outb(reset.value, static_cast<u16>(0xCFC + (offset & 3)));
            break;
        }
    }
    udelay(50'000);
}

// With no descriptor table to find a handler in, an exception is three of them.
[[noreturn]] void triple_fault() {
    struct [[gnu::packed]] {
        u16 limit = 0;
        u32 base = 0;
    } no_table;
    asm volatile("lidt %0; int3" ::"m"(no_table));
    for (;;) asm volatile("cli; hlt");
}

// 0 to 127, or -1.
int parse_status(std::string_view text) {
    if (text.empty() || text.size() > 3) return -1;
    int value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value <= 127 ? value : -1;
}

}  // namespace

void power_init() {
    if (const auto& root = the_acpi_root())
        the_acpi_power = read_acpi_power(firmware_memory(), *root);
    if (!keyboard_reboot_hook) keyboard_reboot_hook = [] { reboot_machine(); };
}

void qemu_exit(int status) {
    if (qemu_is_there()) outb(static_cast<u8>(status), debug_exit_port);
}

void power_off(int status) {
    local_irq_disable();
    qemu_exit(status);
    acpi_soft_off(the_acpi_power);
    if (qemu_is_there()) qemu_power_ports();
    pr_emerg("It is now safe to turn off.");
    for (;;) asm volatile("cli; hlt");
}

void reboot_machine() {
    local_irq_disable();
    acpi_reset(the_acpi_power.reset);
    i8042_pulse_reset(the_i8042_ports());
    triple_fault();
}

REGISTER(monitor_command, poweroff_command) = {
    .name = "poweroff",
    .usage = "poweroff [STATUS]",
    .help = "turn the machine off (QEMU ends with 2 * STATUS + 1)",
    .run =
        [](command_line& line, text_sink& out) {
            const int status = line.count() == 0 ? 0 : parse_status(line.arg(0));
            if (status < 0 || line.count() > 1) {
                format_to(out, "poweroff: the status is a number from 0 to 127\n");
                return EINVAL;
            }
            power_off(status);
        },
};

REGISTER(monitor_command, reboot_command) = {
    .name = "reboot",
    .usage = "reboot",
    .help = "start the machine anew",
    .run = [](command_line&, text_sink&) -> int { reboot_machine(); },
};
