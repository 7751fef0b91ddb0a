// The end of a run: off, or once more from the start.
//
//     qemu_exit    QEMU's debug-exit port, where QEMU is there; QEMU ends with 2N + 1
//     power_off    that; then ACPI's soft off; then QEMU's own power ports; then halt
//     reboot       ACPI's reset register; the keyboard controller; a triple fault
//
// Ports that only QEMU knows are touched only when its fw_cfg device has answered:
// on a PC something else may live there. What ACPI knows is read at boot, so that
// the end needs no memory, no mapping and no other driver, and works in a panic.
//
// Left out: _PTS and whatever else the firmware would like to run first (AML).
#pragma once

// After the early mappings work; until then, and without ACPI, power_off halts.
void power_init();

// Comes back when this is not QEMU, or QEMU has no such port. 0 <= status <= 127.
void qemu_exit(int status);

[[noreturn]] void power_off(int status);
[[noreturn]] void reboot_machine();
