// The MADT (signature "APIC"): which interrupt controllers there are, and how the
// sixteen ISA lines reach them (ACPI 6.4, 5.2.12).
//
//     ISA line n ──> global system interrupt ──> pin (gsi - gsi_base) of an IO-APIC
//
// The number of the interrupt is n, edge-triggered and active high, unless an
// "interrupt source override" says otherwise. The usual one: line 0, the timer, is
// GSI 2, so line 2 (the PICs' cascade, which no device has) is not wired at all.
#pragma once

#include "arch/i386/acpi_tables.hpp"

// A list over a fixed array; what does not fit is refused.
template <class T, u32 Capacity>
struct bounded_list {
    T items[Capacity] = {};
    u32 count = 0;

    bool push(const T& item) {
        if (count == Capacity) return false;
        items[count++] = item;
        return true;
    }
    std::span<const T> view() const { return {items, count}; }
};

struct io_apic_info {
    u8 id;
    u32 address;
    u32 gsi_base;
};

struct irq_override {
    u8 irq;
    u32 gsi;
    bool active_low;
    bool level;
};

struct interrupt_topology {
    u64 lapic_address = 0;
    bool has_8259 = false;  // a pair of PICs is there too and must be silenced
    bounded_list<io_apic_info, 8> io_apics;
    bounded_list<irq_override, 16> overrides;  // at most one a line
    bounded_list<u8, 64> cpu_apic_ids;         // usable CPUs; more than 64 are cut off
};

// Null when `topology` can be used, else what is wrong with the table.
const char* read_madt(physical_reader& memory, const acpi_table& madt,
                      interrupt_topology& topology);

struct isa_route {
    u32 gsi;
    bool active_low;
    bool level;

    bool operator==(const isa_route&) const = default;
};

// Where an ISA line ends; nothing when another line was given its pin.
std::optional<isa_route> route_isa_irq(const interrupt_topology& topology, u8 irq);
