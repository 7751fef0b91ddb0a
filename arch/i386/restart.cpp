#include "arch/i386/restart.hpp"

namespace {

struct sequence {
    uintptr_t start;
    uintptr_t end;  // behind the instruction that stores
};

}  // namespace

// Sorted by nobody: an interrupt costs some hundred instructions anyway, and the
// sequences are few, for they are in few functions.
extern "C" const sequence __start_restart[], __stop_restart[];

uintptr_t restart_address(uintptr_t address) {
    for (const sequence* at = __start_restart; at < __stop_restart; ++at)
        if (address - at->start < at->end - at->start) return at->start;
    return address;
}

void restart_interrupted(trap_frame& frame) {
    if (!frame.from_user()) frame.eip = restart_address(frame.eip);
}
