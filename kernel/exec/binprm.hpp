// A program on its way to be executed: the stack that it will have, while strings are put
// there, from above to below, into a space that nobody runs in yet.
//
//     stack_top    +--------------------+
//                  | a word of zeroes   |
//     exec         | "/bin/ls"          |   what was executed: AT_EXECFN
//                  | "TERM=vt100"       |   envp, the last one first, so that they stand
//                  | "HOME=/"           |   in their order
//                  | "-l"               |   argv, likewise
//     p, arg_start | "ls"               |
//                  +--------------------+
//                  :  tables            :   stack_tables.hpp
//
// A script takes the lowest string, argv[0], away again and puts others there (script.hpp).
//
// I1: p never goes below argmin: strings and the pointers to them have a quarter of the
//     stack's limit, 6 MiB at most, and 128 KiB at least. E2BIG.
#pragma once

#include "kernel/exec/elf_plan.hpp"
#include "kernel/exec/exec_strings.hpp"
#include "kernel/exec/script.hpp"

#include <string_view>

struct linux_binprm {
    linux_binprm(mm_struct& space, const char* name)
        : mm(space), filename(name), interp(name) {}

    mm_struct& mm;
    u32 p = 0;       // the lowest byte that is taken
    u32 argmin = 0;
    u32 argc = 0, envc = 0;
    u32 exec = 0;    // where `filename` stands in the new space
    const char* filename;  // as execve() got it
    const char* interp;    // what runs it by now: the file that `beginning` is of
    char beginning[BINPRM_BUF_SIZE] = {};
    char interp_name[BINPRM_BUF_SIZE] = {};
    u8 piece[1024];  // of a string that is being copied
};

// The stack's area, one page yet, and nothing in it. EEXIST: the space is not new. ENOMEM.
result<> bprm_stack_init(linux_binprm& bprm, u32 stack_top);

// The file's name, envp and argv; an empty argv becomes one empty string. E2BIG, EFAULT,
// ENOMEM.
result<> copy_arguments(linux_binprm& bprm, const exec_strings& argv,
                        const exec_strings& envp);

// What `beginning` said takes the place of argv[0], and is what runs the program from here
// on. E2BIG, EFAULT, ENOMEM.
result<> splice_script(linux_binprm& bprm, const script_line& line);

// The rights that the stack is to have, and 128 KiB to grow into, as far as its limit
// allows. EFAULT: it cannot be as large as that; ENOMEM.
result<> setup_arg_pages(linux_binprm& bprm, bool executable);
