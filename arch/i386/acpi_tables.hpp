// ACPI's tables, as far as Loci reads them: found, checked, copied. No AML runs.
//
//     RSDP ──> XSDT (64-bit addresses) ─┬─> "APIC"  the MADT: acpi_madt.hpp
//       │                               ├─> "FACP"  the FADT: drivers/power
//       └────> RSDT (32-bit addresses)  └─> ...
//
// The firmware is not trusted: tables may lie anywhere, point at themselves, be
// shorter than they say, or change. So
//
// I1: every byte is copied through a physical_reader before it is looked at, and
//     looked at in the copy; nothing points into the firmware's memory.
// I2: a table is used only when its signature, length and checksum are right.
// I3: every loop is bounded by a constant, whatever a table claims.
//
// A machine without tables, or with broken ones, is served as one from before
// ACPI: with the PICs.
#pragma once

#include "lib/physical_reader.hpp"
#include "lib/types.hpp"

#include <optional>
#include <span>
#include <string_view>

struct acpi_root {
    u64 rsdt = 0;  // 0: there is none
    u64 xsdt = 0;

    bool operator==(const acpi_root&) const = default;
};

// A table that has passed I2.
struct acpi_table {
    u64 address;
    u32 length;  // the header's 36 bytes included
    u8 revision;
};

inline constexpr u32 acpi_header_length = 36;
inline constexpr u32 acpi_max_table_length = 4u << 20;

// From a copy of the RSDP (20 bytes of ACPI 1.0, 36 since).
std::optional<acpi_root> parse_rsdp(std::span<const u8> rsdp);

// From the loader's copy where that is good, else by a search where BIOSes put it:
// the first KiB of the extended BIOS data area, and 0xE0000-0xFFFFF.
std::optional<acpi_root> find_acpi_root(physical_reader& memory,
                                        std::span<const u8> loaders_copy);

// The table there, if it is one and is called so.
std::optional<acpi_table> check_acpi_table(physical_reader& memory, u64 address,
                                           std::string_view signature);

// The first good table of that name; the XSDT is asked first.
std::optional<acpi_table> find_acpi_table(physical_reader& memory, const acpi_root& root,
                                          std::string_view signature);

// A little-endian number out of copied bytes, aligned or not.
template <class T>
T acpi_field(const u8* bytes, size_t offset) {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(value | static_cast<T>(bytes[offset + i]) << (8 * i));
    return value;
}
