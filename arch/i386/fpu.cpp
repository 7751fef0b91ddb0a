#include "arch/i386/fpu.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"

namespace {

constexpr u32 mxcsr_default = 0x1f80;  // all exceptions masked

constinit bool found = false;
constinit bool by_fxsave = false;
fpu_state initial;

// A CPU too old for CPUID has an FPU if one answers: its status is 0 after this.
bool fpu_answers() {
    u16 status = 0xffff;
    asm volatile("fninit\n\tfnstsw %0" : "+m"(status));
    return status == 0;
}

void enable() {
    write_cr0((read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
    if (!by_fxsave) return;
    const u32 exceptions = boot_cpu().sse ? CR4_OSXMMEXCPT : 0;
    write_cr4(read_cr4() | CR4_OSFXSR | exceptions);
}

}  // namespace

void fpu_init() {
    by_fxsave = boot_decisions().use_fxsr;
    enable();
    found = boot_cpu().has_cpuid ? boot_cpu().fpu : fpu_answers();
    if (!found) return write_cr0((read_cr0() & ~CR0_MP) | CR0_EM);
    asm volatile("fninit");
    if (by_fxsave && boot_cpu().sse) asm volatile("ldmxcsr %0" ::"m"(mxcsr_default));
    fpu_save(initial);
    fpu_off();
}

bool has_fpu() { return found; }
const fpu_state& fpu_initial_state() { return initial; }

void fpu_save(fpu_state& to) {
    if (!found) return;
    if (by_fxsave)
        asm volatile("fxsave %0" : "=m"(to));
    else
        asm volatile("fnsave %0\n\tfwait" : "=m"(to));
}

void fpu_restore(const fpu_state& from) {
    if (!found) return;
    if (by_fxsave)
        asm volatile("fxrstor %0" ::"m"(from));
    else
        // It waits for an exception that is pending, which is not the kernel's.
        asm volatile("fnclex\n\tfrstor %0" ::"m"(from));
}

void fpu_on() {
    if (found) asm volatile("clts");
}

void fpu_off() {
    if (found) write_cr0(read_cr0() | CR0_TS);
}
