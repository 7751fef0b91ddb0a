// exec: from an open file to an address space that is laid out, and the registers to start
// with (spec F2).
//
//     exec_load(mm, request)
//        |  the stack, and the strings on it                          binprm.hpp
//        |  "#! interpreter": its file from here on, at most five times     script.hpp
//        |  header, program headers -> a plan, and one of ld.so       elf_plan.hpp
//        |  rights of the stack; segments, bss, brk; ld.so            elf_load.hpp
//        v  argc, argv, envp, auxiliary vector                        stack_tables.hpp
//     start_state { eip, esp }
//
//     0x08048000  text | rodata | data | bss | heap -->     <-- mmap | stack  0xC0000000
//                                    start_brk ^           mmap_base ^
//
// The space is new, and nobody runs in it: it is written by remote_access.hpp, while the
// program that called execve() still stands. So whatever is wrong, up to the last byte, is
// an errno for that program: there is no point of no return. Linux kills it, where this
// answers an errno that only the new space knows of (EINVAL, EPERM, EEXIST, EFAULT of a
// segment).
//
// I1: after a failure mmput() frees all that was made; no file is held.
// I2: nothing of the file is mapped before its headers were found right as a whole.
//
// Where things go does not change from one run to the next (randomize_va_space is 0, which
// is our default: lessons repeat). Whoever wants it otherwise fills an exec_randomness.
//
// Left out: vDSO (AT_SYSINFO, AT_SYSINFO_EHDR), binfmt_misc, core-dump rules, set-user-ID
// (the caller says what AT_SECURE and the identities are).
#pragma once

#include "kernel/exec/exec_strings.hpp"
#include "mm/vm/mm_types.hpp"

#include <array>
#include <string_view>

struct file;

inline constexpr u32 STACK_TOP = TASK_SIZE;

struct exec_auxiliary;

// Whoever has file systems: the file, to be read and executed, and a reference to it.
// ENOENT, EACCES, ... Until it is closed, nobody writes it.
class exec_files {
public:
    virtual result<file*> open_exec(std::string_view path) = 0;
    virtual void close_exec(file& file) = 0;
    // This is the program, and of a script the interpreter: whose identities it takes.
    virtual void runs(file&, exec_auxiliary&) {}

protected:
    ~exec_files() = default;
};

// What the auxiliary vector says of machine and program.
struct exec_auxiliary {
    u32 hwcap = 0;   // CPUID leaf 1, EDX
    u32 hwcap2 = 0;
    u32 min_signal_stack = 0;  // 0: not said
    std::string_view platform = "i686";
    u32 uid = 0, euid = 0, gid = 0, egid = 0;
    bool secure = false;
    std::array<u8, 16> random{};
};

// By how many bytes places differ from the usual ones; whole pages but for `frame`.
struct exec_randomness {
    u32 stack = 0;    // its end, lower
    u32 frame = 0;    // the tables below the strings, lower: less than 8192
    u32 mmap = 0;     // mmap_base, lower
    u32 program = 0;  // ELF_ET_DYN_BASE, higher
    bool moves_brk = false;
    u32 brk = 0;      // start_brk, higher
};

struct exec_request {
    file& program;  // of open_exec; it is closed, or becomes the start_state's
    const char* filename;
    const exec_strings& argv;
    const exec_strings& envp;
    exec_files& files;
    exec_auxiliary& auxiliary;
    exec_randomness random{};
};

struct start_state {
    u32 eip;
    u32 esp;
    // The program that was loaded (of a script, its interpreter), to be closed: what
    // /proc/PID/exe shows.
    file* executable;
    // PT_GNU_STACK is missing: what mmap and mprotect let the program read, they let it
    // execute (personality READ_IMPLIES_EXEC).
    bool read_implies_exec;
};

// `mm`: from mm_alloc(), with its limits set. ENOEXEC: no program; E2BIG: too many strings;
// ELOOP: scripts that run scripts without end; ELIBBAD: the interpreter is no ELF file;
// ENOMEM, EFAULT, EIO; and what open_exec, plan_elf and load_program say.
result<start_state> exec_load(mm_struct& mm, const exec_request& request);
