#include "arch/i386/acpi_madt.hpp"

namespace {

constexpr u32 madt_entries_offset = 44;
constexpr u32 max_madt_length = 64 * 1024;
constexpr u8 isa_irqs = 16;

enum entry_type : u8 {
    entry_lapic = 0,
    entry_io_apic = 1,
    entry_override = 2,
    entry_lapic_address = 5,
    entry_x2apic = 9,
};

// What a type needs at the least; 0 for types that are passed over.
u8 required_length(u8 type) {
    switch (type) {
        case entry_lapic: return 8;
        case entry_io_apic: return 12;
        case entry_override: return 10;
        case entry_lapic_address: return 12;
        case entry_x2apic: return 16;
        default: return 0;
    }
}

void add_cpu(interrupt_topology& topology, u32 apic_id, u32 flags) {
    constexpr u32 enabled = 1;
    if (!(flags & enabled) || apic_id >= 255) return;
    for (u8 known : topology.cpu_apic_ids.view())
        if (known == apic_id) return;  // listed as LAPIC and as x2APIC
    topology.cpu_apic_ids.push(static_cast<u8>(apic_id));
}

void add_override(interrupt_topology& topology, const u8* entry) {
    const u8 bus = entry[2], irq = entry[3];
    if (bus != 0 || irq >= isa_irqs) return;
    for (const irq_override& known : topology.overrides.view())
        if (known.irq == irq) return;
    // Two bits each: 0 as the bus has it (for ISA high and edge), 1 high or edge,
    // 3 low or level; 2 is reserved.
    const u16 flags = acpi_field<u16>(entry, 8);
    topology.overrides.push({irq, acpi_field<u32>(entry, 4), (flags & 3) == 3,
                             ((flags >> 2) & 3) == 3});
}

void add_entry(interrupt_topology& topology, const u8* entry) {
    switch (entry[0]) {
        case entry_lapic: return add_cpu(topology, entry[3], acpi_field<u32>(entry, 4));
        case entry_x2apic:
            return add_cpu(topology, acpi_field<u32>(entry, 4), acpi_field<u32>(entry, 8));
        case entry_override: return add_override(topology, entry);
        case entry_lapic_address:
            topology.lapic_address = acpi_field<u64>(entry, 4);
            return;
        case entry_io_apic:
            if (acpi_field<u32>(entry, 4) != 0)
                topology.io_apics.push(
                    {entry[2], acpi_field<u32>(entry, 4), acpi_field<u32>(entry, 8)});
            return;
    }
}

}  // namespace

const char* read_madt(physical_reader& memory, const acpi_table& madt,
                      interrupt_topology& topology) {
    topology = {};
    if (madt.length < madt_entries_offset) return "the MADT is cut short";
    if (madt.length > max_madt_length) return "the MADT is absurdly long";
    u8 head[madt_entries_offset];
    if (!memory.read(madt.address, head, sizeof(head))) return "the MADT cannot be read";
    topology.lapic_address = acpi_field<u32>(head, 36);
    topology.has_8259 = acpi_field<u32>(head, 40) & 1;

    for (u32 at = madt_entries_offset; at < madt.length;) {
        u8 entry[16] = {};
        const u32 rest = madt.length - at;
        if (rest < 2 || !memory.read(madt.address + at, entry, 2))
            return "an entry of the MADT is cut short";
        const u8 length = entry[1];
        if (length < 2 || length > rest) return "an entry of the MADT has a wrong length";
        if (const u8 needed = required_length(entry[0])) {
            if (length < needed) return "an entry of the MADT is too short";
            const u8 type = entry[0];
            if (!memory.read(madt.address + at, entry, needed) || entry[0] != type)
                return "the MADT cannot be read twice";
            add_entry(topology, entry);
        }
        at += length;
    }
    if (topology.lapic_address == 0 || topology.lapic_address % 4096 != 0)
        return "the MADT has no usable local APIC address";
    if (topology.io_apics.count == 0) return "the MADT names no IO-APIC";
    return nullptr;
}

std::optional<isa_route> route_isa_irq(const interrupt_topology& topology, u8 irq) {
    for (const irq_override& o : topology.overrides.view())
        if (o.irq == irq) return isa_route{o.gsi, o.active_low, o.level};
    for (const irq_override& o : topology.overrides.view())
        if (o.gsi == irq) return {};
    return isa_route{irq, false, false};
}
