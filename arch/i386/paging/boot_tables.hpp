// The page tables that boot runs on (design: they map all of lowmem already, so
// that later floors can build what they need before the final tables).
//
//   0xC0000000 ..                 all of lowmem
//   BOOT_WINDOW .. _END           the screen (early_ioremap), the guarded first stack
//
// I1: low memory is mapped at 0 too, but only while paging is being switched on.
// I2: every table but the static top ones comes from boot_table_page().
#pragma once

#include "lib/address.hpp"

#include <kernel_format.hpp>
#include <optional>
#include <span>

inline constexpr u32 BOOT_WINDOW = 0xF8800000;
inline constexpr u32 BOOT_WINDOW_END = 0xFF000000;  // TESTS_START in linker.ld

// A page of lowmem for a table, contents arbitrary; nothing when there is none.
// boot/ defines it over the memory map.
std::optional<u64> boot_table_page();

// Whether the memory map has RAM there, in whoever's hands. Devices are in holes and
// in what is reserved: what the firmware claims to be one is not touched else.
// boot/ defines it, too.
bool is_memory_at(u64 address);

// Builds the tables; low memory is mapped at 0 as well. The last large page of it ends
// below the window. False: no memory for them.
[[nodiscard]] bool boot_tables_build(u32 lowmem_bytes);
u32 boot_tables_cr3();
// How many bytes from 0 are in the linear map, to a page.
u32 boot_tables_lowmem();

// The table that CR3 points to, under the name books give it.
extern kernel_format::entry swapper_pg_dir[];

// After the switch: takes low memory away from 0, turns global pages on.
void boot_tables_finish();
bool paging_is_on();

// Maps `bytes` of physical memory into the boot window with 4 KiB pages below and
// above left unmapped (a guard), and returns where. Null: no room, no table, or not
// addressable.
enum class boot_use : u8 { device, stack };  // a device is uncached
void* boot_window_map(phys_addr address, u32 bytes, boot_use use);

// What is in the window stays where it is; nothing is added any more. mm/map makes it
// part of the vmalloc space, whose end the window is.
struct boot_mapping {
    u32 address = 0, bytes = 0;
    phys_addr start;
    boot_use use = boot_use::device;
};
inline constexpr u32 boot_mappings_max = 4;
std::span<const boot_mapping> boot_window_close();
