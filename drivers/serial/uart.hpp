// The first serial line, COM1, 115200 8N1: the console "ttyS0" and a source of
// keys. Works from the first instruction on, without interrupts, paging or a
// descriptor table of our own, and does nothing where there is no UART.
//
//   write ──> "\n" becomes "\r\n" ──> FIFO, 16 bytes at a time under the lock;
//             the wait for the next 16 is outside it, and bounded
//   irq 4 ──> FIFO ──> console_input, as long as that has room. Then the UART is
//             told to keep the rest, and polled once there is room again.
//
// I1: no wait is longer than `patience` register reads; a transmitter that has not
//     moved for so long is given up, and tried once a write from then on.
#pragma once

// Looks for the UART, and registers the console if it is there.
void serial_init_early();

// The IRQ lines work: typed bytes come by interrupt from now on.
void serial_enable_interrupts();

// Called from the interrupt handler when the partner sends a break, which is what
// a terminal has for SysRq. Null switches it off.
void set_serial_break_handler(void (*handler)());
