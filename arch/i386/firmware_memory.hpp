// The firmware's tables as the kernel reaches them: through early mappings, a
// page or two at a time, since they may lie anywhere below what the page-table
// format can address.
#pragma once

#include "arch/i386/acpi_tables.hpp"

physical_reader& firmware_memory();

// ACPI's root, looked for at the first call. From one CPU, while booting.
const std::optional<acpi_root>& the_acpi_root();
