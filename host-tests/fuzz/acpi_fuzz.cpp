// Random bytes as the firmware's memory: the tables' readers must end and stay
// inside. The bytes lie at the end of the BIOS area, so that a root pointer among
// them is found; checksums are mended first, or nothing would ever pass them.
#include "arch/i386/acpi_madt.hpp"
#include "arch/i386/acpi_samples.hpp"
#include "drivers/power/acpi_power.hpp"

#include <cstring>

namespace {

constexpr u64 base = 0xFF000;
using memory = sample_memory<base, 0x1000>;

void mend_checksums(memory& m) {
    for (u32 at = 0; at + 36 <= 0x1000; at += 16) {
        const u64 address = base + at;
        if (std::memcmp(m.at(address), "RSD PTR ", 8) == 0) {
            m.fix_checksum(address, 20, 8);
            m.fix_checksum(address, 36, 32);
            continue;
        }
        const u32 length = acpi_field<u32>(m.at(address), 4);
        for (const char* name : {"RSDT", "XSDT", "APIC", "FACP", "DSDT"})
            if (std::memcmp(m.at(address), name, 4) == 0 && length <= 0x1000 - at &&
                length >= 36)
                m.fix_checksum(address, length, 9);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    static memory m;
    std::memset(m.bytes, 0, sizeof(m.bytes));
    if (size > sizeof(m.bytes)) size = sizeof(m.bytes);
    if (size) std::memcpy(m.bytes, data, size);
    mend_checksums(m);

    interrupt_topology topology;
    // As tables that were found, and straight from the bytes.
    if (const auto root = find_acpi_root(m, {})) {
        if (const auto madt = find_acpi_table(m, *root, "APIC"))
            static_cast<void>(read_madt(m, *madt, topology));
        static_cast<void>(read_acpi_power(m, *root));
    }
    static_cast<void>(read_madt(m, {base, static_cast<u32>(size), 1}, topology));
    for (u8 irq = 0; irq < 16; ++irq) static_cast<void>(route_isa_irq(topology, irq));
    static_cast<void>(find_soft_off(m, {base, static_cast<u32>(size), 1}));
    static_cast<void>(parse_rsdp({data, size}));
    return 0;
}
