// The APICs: an IO-APIC takes the lines, the CPU's local APIC (LAPIC) the vectors.
//
//     ISA line ──> pin of an IO-APIC ──(message: vector, CPU)──> LAPIC ──> CPU
//     PIC pair ───────────────────────────────────────> LINT0 ──/
//
// The sixteen ISA lines go to vectors 0x20-0x2F of the first CPU, where the
// PICs would bring them too, so nothing above can tell the two apart. A pin's
// trigger and polarity are as the firmware's overrides say (acpi_madt.hpp).
//
// Where the PICs are used on a CPU with a LAPIC, their output reaches the CPU
// through LINT0, if the LAPIC is on: `lapic_pass_pic_through` sees to that
// ("virtual wire mode", Intel SDM vol. 3, 10.1 and MP specification 3.6.2.2).
//
// Left out: x2APIC mode (where the firmware has turned it on, the PICs serve),
// the LAPIC's timer, messages between CPUs, PCI lines above 15.
#pragma once

#include "arch/i386/acpi_madt.hpp"
#include "arch/i386/irq.hpp"

// Null when the APICs are on, every line masked; else why they cannot be used,
// and nothing has changed that the PICs would miss.
const char* apic_init(const interrupt_topology& topology);

irq_chip& apic_chip();

// Masks the IO-APICs, if apic_init had them, and lets the PICs through.
void lapic_pass_pic_through();
// The opposite, where apic_init has found all it needs; lines stay masked.
void lapic_shut_pic_out();
