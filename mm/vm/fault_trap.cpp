// Where the CPU's page faults become do_page_fault().
#include <cpu/irqflags.hpp>
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/protection.hpp"
#include "arch/i386/traps.hpp"
#include "arch/i386/user_copy.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/vm/fault.hpp"

namespace {

constexpr u32 EFLAGS_IF = 1u << 9;

// The kernel touches users' memory by the instructions of user_copy.cpp, with SMAP opened
// for them, and where it may sleep. All else of it that faults there is looked at no
// further, and no lock is taken for it: it is a bug, or goes to its fix-up at once.
bool may_resolve_for_kernel(const trap_frame& frame) {
    if (!is_user_copy(frame.eip)) return false;
    if (smap_is_on() && !(frame.eflags & EFLAGS_AC)) return false;
    return (frame.eflags & EFLAGS_IF) && preempt_count() == 0;
}

// CR2 was read; from here on another fault may come.
bool on_page_fault(trap_frame& frame, u32 address) {
    if (!frame.from_user() && !may_resolve_for_kernel(frame)) return false;
    if (frame.eflags & EFLAGS_IF) local_irq_enable();
    const fault_outcome outcome =
        do_page_fault(address, frame.error_code, frame.from_user(), frame.eip);
    bool resolved = static_cast<bool>(outcome);
    if (!resolved && frame.from_user()) user_access_failed(frame, outcome);
    else if (outcome.what == fault_outcome::out_of_memory) resolved = wait_for_memory();
    local_irq_disable();
    return resolved || frame.from_user();
}

}  // namespace

void vm_faults_init() { set_page_fault_handler(on_page_fault); }
