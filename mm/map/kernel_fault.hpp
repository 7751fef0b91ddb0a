// What an address of the kernel is, in words: for the report of a fault nobody handled.
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

// Of the error code of a page fault (Intel SDM vol. 3, 4.7).
enum page_fault_error : u32 {
    PF_PRESENT = 1u << 0,  // the rights were wrong; else nothing is mapped
    PF_WRITE = 1u << 1,
    PF_USER = 1u << 2,
    PF_RESERVED = 1u << 3,
    PF_FETCH = 1u << 4,
};

// "a write to read-only kernel text", "the guard page behind 0xc4800000, vmalloc by f+0x1c".
void describe_kernel_fault(text_sink& out, u32 address, u32 error_code);
