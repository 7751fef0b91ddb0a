#include <cpu/tlb.hpp>

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"

// A change of CR4.PGE drops everything, whichever way it goes; an interrupt in between
// that comes here as well changes it twice more, and finds what it drops to be gone.
void tlb_drop_all() {
    if (!boot_decisions().global_pages) return tlb_drop_space();
    const u32 cr4 = read_cr4();
    write_cr4(cr4 ^ CR4_PGE);
    write_cr4(cr4);
}
