// The 8259 programmable interrupt controllers of the PC, two in a chain:
//
//     irq 0 timer ─┐                    irq 8 clock ─┐
//     irq 1 keys  ─┤                    irq 9        ─┤
//     irq 2  <─────┼── slave's output   ...           ├── slave
//     ...          ├── master ──> CPU   irq 15 disk  ─┘
//     irq 7       ─┘
//
// The BIOS leaves lines 0-7 at vectors 8-15, where the CPU has its exceptions; we
// move all sixteen to 0x20-0x2F. A line that falls silent between its request and
// the CPU's answer is delivered as the chip's lowest line, 7 or 15, with no bit
// set in the in-service register: that is how a spurious interrupt is known.
#pragma once

#include "arch/i386/irq.hpp"

// Moves both chips to FIRST_IRQ_VECTOR with every line masked. False when there
// is no 8259 (its mask register does not hold what is written); the chip can be
// used all the same, it then just never interrupts.
bool pic_init();

irq_chip& pic_chip();
