// A plan becomes areas. Nothing is read but the page in which zeroes begin: all else comes
// with the first touch (fault.hpp).
//
//     ET_EXEC                where it says
//     ET_DYN, interpreter    ELF_ET_DYN_BASE and up: a program that is linked dynamically
//     ET_DYN, without one    where mmap finds room: a static-pie, the interpreter itself
//
// What can go anywhere is mapped as one piece first, as long as all its segments together,
// and what is too much of that is unmapped again: so they stay together, and none takes a
// place that another one needs.
//
//     |        first segment, span_bytes         |      one mmap
//     |  first  |                                       munmap of the rest
//     |  first  | second |      | third ::| bss  |      MAP_FIXED, the others
//                                     :: zeroes in the file's last page
//
// I1: whatever fails, the areas that are there by then go by mmput().
//
// Linux 6.1's i386 has ELF_ET_DYN_BASE at 4 MiB (0x56555000, which one often sees, is that
// of i386 programs on a 64-bit kernel).
#pragma once

#include "kernel/exec/elf_plan.hpp"

struct file;

inline constexpr u32 ELF_ET_DYN_BASE = 0x00400000;

struct elf_placement {
    u32 base = ELF_ET_DYN_BASE;        // for ET_DYN with an interpreter
    bool read_implies_exec = false;    // the program has no PT_GNU_STACK
    u32 program_bias = 0;              // for its interpreter
};

// Where it was loaded: what is to be added to the addresses of the file.
struct loaded_elf {
    u32 bias;
    u32 entry;  // with the bias
};

// start_code ... end_data, start_brk and brk of the space are set. EEXIST: something is
// there already; EPERM: too low; EFAULT: the zeroes behind the data cannot be written;
// EINVAL: the entry is not the user's; ENOMEM.
result<loaded_elf> load_program(mm_struct& mm, file& file, const elf_plan& plan,
                                const elf_placement& placement);
result<loaded_elf> load_interpreter(mm_struct& mm, file& file, const elf_plan& plan,
                                    const elf_placement& placement);
