// ACPI's power-management timer: a counter of 3.579545 MHz behind one port, 24 or 32
// bits wide, that runs on by itself (ACPI 6.4, 4.8.2.1). It sends nothing that Loci
// wants; it is what other clocks are measured by where the PIT stands still.
#pragma once

#include "arch/i386/acpi_tables.hpp"

inline constexpr u32 ACPI_TIMER_HZ = 3'579'545;

struct acpi_timer {
    u16 port;
    // The low 24 bits count in either width, and 4.7 seconds are enough.
    static constexpr u32 mask = 0xFFFFFF;

    bool operator==(const acpi_timer&) const = default;
};

// From the FADT. Nothing where there is none in I/O space.
std::optional<acpi_timer> find_acpi_timer(physical_reader& memory, const acpi_root& root);
