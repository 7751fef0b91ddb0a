// What ACPI says about turning the machine off and on again, without running its
// byte code (AML).
//
//     FADT ── PM1a/PM1b control ports, SMI command, reset register
//       └──> DSDT ── AML, and in it the package _S5_: the two numbers that mean
//                    "off" to this machine's PM1 control registers
//
// Off is then one write: SLP_TYP | SLP_EN to PM1a (and PM1b). `_S5_` is a constant
// package in every firmware we know of, so it is found by its bytes:
//
//     08 5F 53 35 5F 12 LEN N  a b ...     Name(\_S5, Package(N) { a, b, ... })
//
// where a number is 00, 01, FF, 0A xx, 0B xx xx or 0C xx xx xx xx. What does not
// look exactly so is passed over: no number is guessed.
#pragma once

#include "arch/i386/acpi_tables.hpp"

struct soft_off_values {
    u8 pm1a, pm1b;  // SLP_TYP: three bits each

    bool operator==(const soft_off_values&) const = default;
};

struct reset_register {
    enum space_t : u8 { none, io_port, pci_config } space = none;
    u32 address = 0;  // io: the port; PCI: device << 16 | function << 8 | offset, bus 0
    u8 value = 0;
};

struct acpi_power {
    u16 pm1a_control = 0;  // ports; 0: there is none
    u16 pm1b_control = 0;
    u16 smi_command = 0;
    u8 acpi_enable = 0;  // what is written to smi_command to leave legacy mode
    bool can_turn_off = false;
    soft_off_values off = {};
    reset_register reset;
};

// All zeros where the tables say nothing, or nothing that can be trusted.
acpi_power read_acpi_power(physical_reader& memory, const acpi_root& root);

std::optional<soft_off_values> find_soft_off(physical_reader& memory,
                                             const acpi_table& dsdt);

// Exactly one package in these bytes, which begin behind the name: 12 LEN N a b.
std::optional<soft_off_values> parse_soft_off(std::span<const u8> bytes);
