// What this CPU's TLB is told, an instruction or two each (Intel SDM vol. 3, 4.10.4.1).
// Who decides what to tell it is arch/i386/tlb.hpp.
#pragma once

#include "lib/types.hpp"

// What is kept of this page, global or not, and of the tables above any page.
inline void tlb_drop_page(u32 address) {
    asm volatile("invlpg (%0)" ::"r"(address) : "memory");
}

// All that is not global; PAE's four top entries are read anew.
inline void tlb_drop_space() {
    u32 top;
    asm volatile("movl %%cr3, %0\n\tmovl %0, %%cr3" : "=r"(top)::"memory");
}

// All there is.
void tlb_drop_all();
