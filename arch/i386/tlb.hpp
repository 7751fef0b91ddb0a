#pragma once
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
inline void flush_tlb_all() {
    if (boot_decisions().global_pages) { const u32 c = read_cr4(); write_cr4(c & ~CR4_PGE); write_cr4(c); }
    else write_cr3(read_cr3());
}
inline void flush_tlb_kernel_range(u32, u32) { flush_tlb_all(); }
