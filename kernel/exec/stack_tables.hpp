// What a program finds at esp when it starts (System V ABI for i386, 3-28), below the
// strings of binprm.hpp:
//
//     p            "ls\0-l\0HOME=/\0TERM=vt100\0/bin/ls\0" ...
//                  (down to a multiple of 16)
//     platform     "i686"
//     random       16 bytes
//                  (what makes esp a multiple of 16)
//                  AT_NULL, 0
//                  ...
//     auxv         type, value                       pairs of words
//                  0
//     envp         pointers to the strings above
//                  0
//     argv         pointers to the strings above
//     esp          argc
//
// Where what lies is arithmetic (lay_out_stack); the rest is writing it there.
#pragma once

#include "kernel/exec/elf.hpp"
#include "lib/result.hpp"
#include "mm/vm/mm_types.hpp"

#include <span>
#include <string_view>

struct auxv_entry {
    u32 type;
    u32 value;
};

struct stack_layout {
    u32 platform;
    u32 random;
    u32 auxv;
    u32 envp;
    u32 argv;
    u32 esp;
};
inline constexpr u32 random_bytes = 16;

// `entries`: of the auxiliary vector, AT_NULL included.
stack_layout lay_out_stack(u32 p, u32 platform_bytes, u32 argc, u32 envc, u32 entries);

struct stack_tables {
    stack_layout layout;
    u32 argc, envc;
    u32 strings;  // argv's first; envp's stand behind the last
    std::string_view platform;
    std::span<const u8, random_bytes> random;
    std::span<const auxv_entry> auxv;  // AT_NULL is the last one
};

// Also sets arg_start ... env_end. EFAULT, ENOMEM; EINVAL: a string is not as long as any
// may be, for what was loaded has covered it.
result<> write_stack_tables(mm_struct& mm, const stack_tables& tables);
