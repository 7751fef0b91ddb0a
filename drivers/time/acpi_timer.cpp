#include "drivers/time/acpi_timer.hpp"

namespace {

constexpr u32 pm_timer_block = 76, pm_timer_length = 91, flags = 112;
constexpr u32 x_pm_timer_block = 208;
constexpr u32 acpi_1_fadt = 116, fadt_with_x_block = 220;
constexpr u32 flag_hardware_reduced = 1u << 20;
constexpr u8 space_io = 1;

std::optional<acpi_timer> timer_at(u64 port) {
    if (port == 0 || port > 0xFFFC) return {};
    return acpi_timer{static_cast<u16>(port)};
}

}  // namespace

std::optional<acpi_timer> find_acpi_timer(physical_reader& memory, const acpi_root& root) {
    const auto fadt = find_acpi_table(memory, root, "FACP");
    if (!fadt || fadt->length < acpi_1_fadt) return {};
    u8 bytes[fadt_with_x_block] = {};
    const bool has_x_block = fadt->length >= fadt_with_x_block;
    if (!memory.read(fadt->address, bytes, has_x_block ? fadt_with_x_block : acpi_1_fadt))
        return {};
    if (acpi_field<u32>(bytes, flags) & flag_hardware_reduced) return {};
    const u32 old_block = acpi_field<u32>(bytes, pm_timer_block);
    if (bytes[pm_timer_length] == 4)
        if (const auto timer = timer_at(old_block)) return timer;
    // The generic address: space, width, offset, access size, and the address.
    if (!has_x_block || bytes[x_pm_timer_block] != space_io) return {};
    return timer_at(acpi_field<u64>(bytes, x_pm_timer_block + 4));
}
