// One access that may fault, by one instruction: what probes of any address (extable.hpp)
// and the kernel's accesses to users' values (user_copy.hpp) are made of. Of a byte, two or
// four; always inlined, as the latter are told by where their instructions lie.
#pragma once

#include "arch/i386/extable.hpp"

// False: it faulted, and the value is 0.
template <class T>
[[gnu::always_inline]] inline bool read_or_fault(T& value, uintptr_t from) {
    static_assert(sizeof(T) <= sizeof(u32));
    u32 done = 1;
    T read = 0;
    asm volatile("1: mov (%2), %1\n"
                 "2:\n\t"
                 ".pushsection .text.fixup, \"ax\"\n"
                 "3: xorl %0, %0\n\t"
                 "jmp 2b\n\t"
                 ".popsection\n\t" EXTABLE("1b", "3b")
                 : "+r"(done), "+q"(read)
                 : "r"(from)
                 : "memory", "cc");
    value = read;
    return done;
}

// False: it faulted, and nothing was written.
template <class T>
[[gnu::always_inline]] inline bool write_or_fault(T value, uintptr_t to) {
    static_assert(sizeof(T) <= sizeof(u32));
    u32 done = 1;
    asm volatile("1: mov %1, (%2)\n"
                 "2:\n\t"
                 ".pushsection .text.fixup, \"ax\"\n"
                 "3: xorl %0, %0\n\t"
                 "jmp 2b\n\t"
                 ".popsection\n\t" EXTABLE("1b", "3b")
                 : "+r"(done)
                 : "q"(value), "r"(to)
                 : "memory", "cc");
    return done;
}
