// From the boot loader's structures to one boot_info.
//
// A multiboot loader leaves a magic number, an address, and a web of structures
// that point at each other anywhere in physical memory:
//
//     magic, address ──> info ──> memory map, entry by entry
//                         ├─────> modules ──> their names
//                         ├─────> command line, loader's name
//                         └─────> framebuffer, ACPI root pointer, ...
//
// Multiboot 1 has one structure with flags that say which fields count;
// Multiboot 2 has a row of tags. Either is read once, here, with suspicion:
//
// I1  Memory is read through a physical_reader only, which may refuse.
// I2  No length, count or terminator is believed: each walk has a bound of its
//     own, each address is 64 bits wide when something is added to it.
// I3  What is wrong is left out or mended, with a note in boot_info; what comes
//     after it is still read. Only a loader of another kind, or information that
//     cannot be read at all, ends the capture.
// I4  Every text in boot_info ends inside its array and holds printable
//     characters only; modules are not empty; the framebuffer is one that can be
//     drawn on.
// I5  A reserved memory range is never left out to keep a usable one
//     (boot_info::add_e820).
//
// Left out on purpose: symbols, drives, APM, VBE and the boot device: old, and of
// no use here; EFI's own memory map, of which the loader gives a translation.
#pragma once

#include "lib/boot_info.hpp"
#include "lib/physical_reader.hpp"
#include "lib/types.hpp"

inline constexpr u32 MULTIBOOT1_MAGIC = 0x2BADB002;
inline constexpr u32 MULTIBOOT2_MAGIC = 0x36D76289;

// Fills `out` (a static: it is 6 KiB) from scratch. Null when that went well, else
// what to tell the user; `out` is valid then too, only empty.
[[nodiscard]] const char* capture_boot_info(u32 magic, u32 info_address,
                                            const physical_reader& memory, boot_info& out);

// The two halves of it, which expect a fresh `out`.
[[nodiscard]] const char* capture_multiboot1(u32 info_address,
                                             const physical_reader& memory, boot_info& out);
[[nodiscard]] const char* capture_multiboot2(u32 info_address,
                                             const physical_reader& memory, boot_info& out);
