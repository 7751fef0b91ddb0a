// Page faults as they are told: `faults on [PID]`, `faults last`, `faults PID`.
//
//     fault    write to 0x08401a2c by a program at 0x08048123: nothing was mapped
//     area     0x08400000-0x08500000 rw-p anonymous
//     found    by the tree: 0xb7f00000 0x08048000 0x08400000
//     decided  demand zero, write: a page of its own
//     before   0x0  empty
//     after    0x1234067  write user accessed dirty
//     frame    0x1234, HighMem, fresh, of the page allocator, mapped here only
//     cost     1432 instructions, or ticks of the TSC
//
// What is told is looked up besides, before and behind the fault, and none of it is done
// while nobody listens: then all that is left is one test.
#pragma once

#include "lib/format.hpp"
#include "mm/vm/fault.hpp"

struct fault_access {
    u32 address;
    u32 error_code;
    bool from_user;
    u32 ip;
};

// How find_vma() comes to its answer.
struct area_search {
    static constexpr u32 most = 24;  // as many as a tree of 4096 areas is high

    bool cache_hit = false;
    u32 steps = 0;
    u32 path[most] = {};  // vm_start of the areas on the way down
};

struct fault_story {
    fault_access access{};
    const mm_struct* mm = nullptr;  // only to be compared; null: it is gone
    bool has_area = false;
    u32 vm_start = 0, vm_end = 0, vm_flags = 0;
    bool has_file = false;
    area_search search;
    fault_decision decision = fault_decision::no_area;
    fault_outcome outcome;
    pte_entry before = 0, after = 0;
    u64 ticks = 0;  // of the TSC; under icount instructions
};

class fault_story_teller {
public:
    constexpr fault_story_teller() = default;

    // Resolves the fault, and remembers how. Each is printed to the log, if asked for.
    fault_outcome tell(mm_struct& mm, const fault_access& access);

    // That space goes: nobody who gets its place is taken for it.
    void forget(const mm_struct& mm);

    static constexpr u32 remembered = 8;
    const fault_story& last() const { return recent[(count - 1) % remembered]; }

    bool on = false;     // remember
    bool print = false;  // ... and say
    const mm_struct* only = nullptr;  // of that space; null: of all
    u32 count = 0;
    fault_story recent[remembered];  // the one with number n, from 1, at (n - 1) % remembered
};
extern fault_story_teller fault_stories;

void print_fault_story(text_sink& out, const fault_story& story);
