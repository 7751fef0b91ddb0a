// The control registers, and the other privileged instructions that are one
// instruction long.
#pragma once

#include "lib/types.hpp"

inline constexpr u32 CR0_PE = 1u << 0, CR0_MP = 1u << 1, CR0_EM = 1u << 2, CR0_TS = 1u << 3,
                     CR0_NE = 1u << 5, CR0_WP = 1u << 16, CR0_AM = 1u << 18, CR0_PG = 1u << 31;
inline constexpr u32 CR4_PSE = 1u << 4, CR4_PAE = 1u << 5, CR4_PGE = 1u << 7,
                     CR4_OSFXSR = 1u << 9, CR4_OSXMMEXCPT = 1u << 10, CR4_UMIP = 1u << 11,
                     CR4_SMEP = 1u << 20, CR4_SMAP = 1u << 21;

#define LOCI_CONTROL_REGISTER(name)                                              \
    inline u32 read_##name() {                                                   \
        u32 value;                                                               \
        asm volatile("movl %%" #name ", %0" : "=r"(value)::"memory");            \
        return value;                                                            \
    }                                                                            \
    inline void write_##name(u32 value) {                                        \
        asm volatile("movl %0, %%" #name ::"r"(value) : "memory");               \
    }
LOCI_CONTROL_REGISTER(cr0)
LOCI_CONTROL_REGISTER(cr2)
LOCI_CONTROL_REGISTER(cr3)
LOCI_CONTROL_REGISTER(cr4)  // only where the CPU has it: see cpu_features
#undef LOCI_CONTROL_REGISTER

inline void invlpg(const void* address) {
    asm volatile("invlpg (%0)" ::"r"(address) : "memory");
}

inline u64 read_msr(u32 index) {
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return static_cast<u64>(high) << 32 | low;
}
inline void write_msr(u32 index, u64 value) {
    asm volatile("wrmsr" ::"c"(index), "a"(static_cast<u32>(value)),
                 "d"(static_cast<u32>(value >> 32))
                 : "memory");
}

// Why a debug exception has come: as bits of DR6 (Intel SDM vol. 3, 17.2.3), which the CPU
// only sets, and some of which always are.
inline constexpr u32 DR6_RESERVED = 0xffff0ff0, DR6_STEP = 1u << 14, DR6_TRAPS = 15;
inline u32 read_and_clear_dr6() {
    u32 value;
    asm volatile("movl %%dr6, %0" : "=r"(value));
    asm volatile("movl %0, %%dr6" ::"r"(DR6_RESERVED));
    return value ^ DR6_RESERVED;
}
