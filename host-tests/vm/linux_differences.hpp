// Where Loci answers otherwise than a Linux that was recorded, knowingly: each difference
// has a name, a predicate that says when it may be one, and a count of its uses.
//
// Two are Loci's own: loci_machine answers as Linux where they apply, so that the program
// goes on. Two are those of another Linux than Loci takes after. There a program could go
// on only as another program: it ends, and is run once more against the plain model, which
// can be either Linux.
#pragma once

#include "host-tests/vm/vm_program.hpp"

#include <string>

struct linux_difference {
    const char* name;
    u32 uses = 0;
};

struct linux_differences {
    // Linux looks at a fixed address as if somebody had answered it, and hands back what
    // looks like an errno. Loci says ENOMEM, as for all others that are too high.
    linux_difference address_taken_for_error{"an address that is taken for an errno"};
    // Linux asks whether so much shared memory may be promised when it has unmapped already
    // what lay there. Loci asks first, and a mapping that fails changes nothing.
    linux_difference promised_too_late{"a fixed mapping that fails, and has unmapped"};
    // A 64-bit Linux counts a 32-bit program's bytes with 64 bits.
    linux_difference wide_arithmetic{"32-bit sums that do not overflow on amd64"};
    // Before 6.1.187: see vm_layout.
    linux_difference old_dontunmap{"MREMAP_DONTUNMAP as it was before 6.1.187"};
};

// A line for each, with its uses.
std::string to_text(const linux_differences& differences);

// Whether it goes beyond 4 GiB, or beyond the last page of the largest file of a 32-bit
// Linux.
bool is_wider_than_32_bits(const vm_operation& operation);

// Whether the recorded Linux may have left behind what the newer ones do not.
bool is_old_dontunmap(const vm_layout& layout, const vm_operation& operation, u32 answer);
