#include "arch/i386/protection.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"

namespace {

constexpr u32 MSR_EFER = 0xC0000080;
constexpr u64 EFER_NXE = 1u << 11;

}  // namespace

void protections_on() {
    write_cr0(read_cr0() | CR0_WP);
    if (boot_decisions().no_execute) write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_NXE);
    if (const u32 bits = boot_decisions().protections) write_cr4(read_cr4() | bits);
}

bool smap_is_on() { return boot_decisions().protections & CR4_SMAP; }
