// The exception table: instructions that are allowed to fault, and where to go
// on if they do. Each entry is made beside its instruction by EXTABLE; a fault
// that nobody else explains is looked up here before it is called a bug.
//
// First user: probe_read and probe_write, with which the monitor looks at any
// address, and a panic walks stacks that may be broken.
#pragma once

#include "arch/i386/traps.hpp"
#include "lib/types.hpp"

// Inside an asm statement: a fault at label `from` continues at label `to`.
#define EXTABLE(from, to)             \
    ".pushsection .extable, \"a\"\n\t" \
    ".balign 4\n\t"                   \
    ".long " from ", " to "\n\t"      \
    ".popsection\n\t"

// True: the frame now continues at the fix-up.
bool fixup_exception(trap_frame& frame);

// Copy 1, 2 or 4 bytes in one access (devices care), at addresses that may not
// be there. False: it faulted, nothing was copied.
[[nodiscard]] bool probe_read(const void* from, void* to, size_t bytes);
[[nodiscard]] bool probe_write(void* to, const void* from, size_t bytes);

template <class T>
[[nodiscard]] bool probe(uintptr_t address, T& value) {
    return probe_read(reinterpret_cast<const void*>(address), &value, sizeof(T));
}
