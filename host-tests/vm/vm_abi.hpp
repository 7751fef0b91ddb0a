// What a machine for random programs is asked, and how it answers: Linux's numbers for
// i386, in names of our own, so that no system header and no header of mm/ is needed
// beside them (this is compiled for Linux without a C library, too).
//
// An answer is 32 bits: a system call's result as Linux returns it (-errno from
// 0xfffff001), or what came of an access:
//
//      0 ... 255                the byte that was read; a write that went well answers 0
//      VM_EXECUTED              the instruction ran
//      VM_NOT_EXECUTED          there was a byte, but not a `ret`: nobody jumped to it
//      VM_END_OF_FILE           pread found no byte there
//      fault_answer(...)        a signal came instead
//      -ENOMEM                  there was no page for it; happens where that is asked for
#pragma once

#include "lib/types.hpp"

constexpr u32 VM_PROT_NONE = 0, VM_PROT_READ = 1, VM_PROT_WRITE = 2, VM_PROT_EXEC = 4;
constexpr u32 VM_PROT_GROWSDOWN = 0x01000000, VM_PROT_GROWSUP = 0x02000000;

constexpr u32 VM_MAP_SHARED = 1, VM_MAP_PRIVATE = 2, VM_MAP_SHARED_VALIDATE = 3;
constexpr u32 VM_MAP_FIXED = 0x10, VM_MAP_ANONYMOUS = 0x20, VM_MAP_GROWSDOWN = 0x100;
constexpr u32 VM_MAP_LOCKED = 0x2000, VM_MAP_NORESERVE = 0x4000, VM_MAP_POPULATE = 0x8000;
constexpr u32 VM_MAP_NONBLOCK = 0x10000, VM_MAP_SYNC = 0x80000;
constexpr u32 VM_MAP_FIXED_NOREPLACE = 0x100000;

constexpr u32 VM_MREMAP_MAYMOVE = 1, VM_MREMAP_FIXED = 2, VM_MREMAP_DONTUNMAP = 4;

constexpr u32 VM_MADV_NORMAL = 0, VM_MADV_RANDOM = 1, VM_MADV_SEQUENTIAL = 2;
constexpr u32 VM_MADV_WILLNEED = 3, VM_MADV_DONTNEED = 4, VM_MADV_FREE = 8;
constexpr u32 VM_MADV_REMOVE = 9, VM_MADV_DONTFORK = 10, VM_MADV_DOFORK = 11;
constexpr u32 VM_MADV_WIPEONFORK = 18, VM_MADV_KEEPONFORK = 19;

constexpr u32 VM_MS_ASYNC = 1, VM_MS_INVALIDATE = 2, VM_MS_SYNC = 4;
constexpr u32 VM_MLOCK_ONFAULT = 1;
constexpr u32 VM_MCL_CURRENT = 1, VM_MCL_FUTURE = 2, VM_MCL_ONFAULT = 4;

constexpr u32 VM_RLIMIT_DATA = 2, VM_RLIMIT_STACK = 3, VM_RLIMIT_MEMLOCK = 8,
              VM_RLIMIT_AS = 9;
constexpr u32 VM_RLIM_INFINITY = 0xffffffff;

constexpr u32 VM_SIGBUS = 7, VM_SIGSEGV = 11;
constexpr u32 VM_SEGV_MAPERR = 1, VM_SEGV_ACCERR = 2, VM_BUS_ADRERR = 2;

// The instruction that `execute` looks for.
constexpr u8 VM_RETURN = 0xc3;

constexpr u32 VM_EXECUTED = 0x100, VM_NOT_EXECUTED = 0x101, VM_END_OF_FILE = 0x102;

constexpr u32 fault_answer(u32 signal, u32 code, bool at_the_address) {
    return 0x10000 | signal << 8 | code << 1 | (at_the_address ? 1 : 0);
}

// mincore answers a bit a page. Those behind the 24th are folded onto the first, turned,
// which keeps the answer away from the errnos.
constexpr u32 VM_MINCORE_PAGES = 4096;
class mincore_answer {
public:
    constexpr void add(bool resident) {
        if (resident) bits_ ^= 1u << (pages_ + pages_ / 24) % 24;
        ++pages_;
    }
    constexpr u32 value() const { return bits_; }

private:
    u32 bits_ = 0;
    u32 pages_ = 0;
};

// The file of the programs. It lies in memory (tmpfs), and ends within a page.
constexpr u32 VM_FILE_SIZE = 11 * 4096 + 0x7a3;
constexpr u8 vm_file_byte(u32 offset) {
    return static_cast<u8>(offset % 7 == 0 ? VM_RETURN : offset >> 12 ^ offset * 5);
}

// What an area shows of what is behind it.
enum class vm_backing : u8 { anonymous, file, shared_anonymous, program };

// One line of /proc/self/maps.
struct vm_maps_line {
    u32 start = 0;
    u32 end = 0;
    u8 protection = 0;  // VM_PROT_*
    bool shared = false;
    vm_backing backing = vm_backing::anonymous;
    u32 page_offset = 0;  // 0 where there is no file

    bool operator==(const vm_maps_line&) const = default;
};

// All of it, or as many as there is room for, which is more than programs make.
struct vm_maps {
    static constexpr u32 MAX = 256;
    u32 count = 0;
    vm_maps_line lines[MAX];

    void add(const vm_maps_line& line) {
        if (count < MAX) lines[count++] = line;
    }
    bool operator==(const vm_maps& other) const {
        if (count != other.count) return false;
        for (u32 i = 0; i < count; ++i)
            if (!(lines[i] == other.lines[i])) return false;
        return true;
    }
};

// How a program finds the world when it starts, measured under Linux and kept with the
// recording. Of the stack all pages are resident and zero; the stack, and each area of the
// program that can be written, has an anon_vma of its own.
struct vm_layout {
    u32 task_size = 0xc0000000;
    u32 mmap_base = 0;       // the first area without an address ends here
    u32 mmap_min_addr = 0x10000;
    u32 program_start = 0;   // what the runner needs for itself
    u32 program_end = 0;
    u32 start_brk = 0;
    u32 data_size = 0;       // end_data - start_data, which RLIMIT_DATA counts for brk
    u32 stack_start = 0;
    u32 stack_end = 0;
    u32 memory_pages = 0;    // MemTotal: what heuristic overcommit compares with
    u32 stack_limit = 0;     // the soft limits; AS and DATA begin without one
    u32 memlock_limit = 0;
    u32 no_execute = 0;      // 1 where the page tables have NX
    // 1 for Linux before 6.1.187 or so: what MREMAP_DONTUNMAP leaves behind joins the area
    // beside it, keeps its offset, and is unlocked together with all of its area.
    u32 old_dontunmap = 0;
    vm_maps maps;
};
