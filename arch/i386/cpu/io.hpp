// Port I/O.
#pragma once

#include "lib/types.hpp"

inline u8 inb(u16 port) {
    u8 value;
    asm volatile("inb %w1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline u16 inw(u16 port) {
    u16 value;
    asm volatile("inw %w1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline u32 inl(u16 port) {
    u32 value;
    asm volatile("inl %w1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline void outb(u8 value, u16 port) { asm volatile("outb %0, %w1" ::"a"(value), "Nd"(port)); }
inline void outw(u16 value, u16 port) { asm volatile("outw %0, %w1" ::"a"(value), "Nd"(port)); }
inline void outl(u32 value, u16 port) { asm volatile("outl %0, %w1" ::"a"(value), "Nd"(port)); }

// A write to an unused port takes about a microsecond on the ISA bus: what old
// controllers want between two commands.
inline void io_delay() { outb(0, 0x80); }
