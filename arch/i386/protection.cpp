#include "arch/i386/protection.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "lib/types.hpp"

namespace {

constexpr u32 MSR_EFER = 0xC0000080;
constexpr u64 EFER_NXE = 1u << 11;

// In trap_entry.S: instructions of three bytes that do nothing.
extern "C" u8 smap_clac[3], smap_clac_of_calls[3];

// The flag AC opens a user's pages; a trap must not begin with it, whoever has set it.
// The text is still writable, and loading CR4 makes the CPU look at it anew.
void patch_trap_entry() {
    constexpr u8 clac[] = {0x0f, 0x01, 0xca};
    __builtin_memcpy(smap_clac, clac, sizeof(clac));
    __builtin_memcpy(smap_clac_of_calls, clac, sizeof(clac));
}

}  // namespace

constinit bool smap_on = false;

void protections_on() {
    write_cr0(read_cr0() | CR0_WP);
    if (boot_decisions().no_execute) write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_NXE);
    smap_on = boot_decisions().protections & CR4_SMAP;
    if (smap_on) patch_trap_entry();
    if (const u32 bits = boot_decisions().protections) write_cr4(read_cr4() | bits);
}
