// The page tables that boot runs on (design: they map all of lowmem already, so
// that later floors can build what they need before the final tables).
//
//   0xC0000000 ..                 all of lowmem, at most 896 MiB
//   BOOT_WINDOW .. BOOT_WINDOW_END  devices and firmware tables (early_ioremap),
//                                 and the guarded first stack
//
// I1: low memory is mapped at 0 too, but only while paging is being switched on.
// I2: every table but the static top ones comes from boot_table_page().
#pragma once

#include "lib/address.hpp"

#include <optional>

inline constexpr u32 LOWMEM_MAX = 896u << 20;
inline constexpr u32 BOOT_WINDOW = 0xF8800000;
inline constexpr u32 BOOT_WINDOW_END = 0xFFC00000;

// A page of lowmem for a table, contents arbitrary; nothing when there is none.
// boot/ defines it over the memory map.
std::optional<u64> boot_table_page();

// Builds the tables; low memory is mapped at 0 as well. False: no memory for them.
[[nodiscard]] bool boot_tables_build(u32 lowmem_bytes);
u32 boot_tables_cr3();

// After the switch: takes low memory away from 0, turns global pages on.
void boot_tables_finish();
bool paging_is_on();

// Maps `bytes` of physical memory into the boot window with 4 KiB pages below and
// above left unmapped (a guard), and returns where. Null: no room or no table.
void* boot_window_map(phys_addr address, u32 bytes, bool uncached);
