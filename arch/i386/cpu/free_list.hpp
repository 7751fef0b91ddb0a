// A list of free objects that each CPU has for itself, and a stack of pointers to
// some: taken from and put on without a lock and with interrupts on, as restartable
// sequences (arch/i386/restart.hpp). What the fields mean, mm/slab decides.
#pragma once

#include <cpu/percpu.hpp>
#include "lib/types.hpp"

// An array of pointers behind its two counts.
struct cpu_stack {
    u32 count;
    u32 limit;
    void* entries[];
};

struct cpu_free_list {
    void* head;       // the first free object, or null
    uintptr_t base;   // objects of this block of memory belong here
    cpu_stack* stack;
};

// Between labels 1 and 2 of an asm statement.
#define RESTARTABLE                 \
    ".pushsection .restart, \"a?\"\n\t" \
    ".balign 4\n\t"                 \
    ".long 1b, 2b\n\t"              \
    ".popsection\n\t"

// Where a jump out of an asm statement arrives, when that has outputs: g++ 12 and 13
// copy these on the way, too, and where there is nothing else, over what is to be
// returned (GCC bug 113921). So there is something; it costs no instruction.
#define LANDING asm volatile("")

// The first object; null when there is none. `link` is the offset, in a free object,
// of the address of the next one.
[[gnu::always_inline]] inline void* cpu_list_pop(per_cpu_var<cpu_free_list>* list,
                                                const size_t& link) {
    void* head;
    void* next;
    asm volatile goto(
        "1:\n\t"
        "movl %%fs:(%[list]), %[head]\n\t"
        "testl %[head], %[head]\n\t"
        "jz %l[empty]\n\t"
        "movl %[link], %[next]\n\t"
        "movl (%[head],%[next]), %[next]\n\t"
        "movl %[next], %%fs:(%[list])\n"
        "2:\n\t" RESTARTABLE
        : [head] "=&r"(head), [next] "=&r"(next)
        : [list] "r"(list), [link] "m"(link)
        : "cc", "memory"
        : empty);
    if (!head) __builtin_unreachable();
    return head;
empty:
    LANDING;
    return nullptr;
}

// False: the object does not lie in the block of this CPU's list. A block is a power
// of two in size, and `block_mask` clears the bits inside it.
[[gnu::always_inline]] inline bool cpu_list_push(per_cpu_var<cpu_free_list>* list, void* object,
                                                 size_t link, const uintptr_t& block_mask) {
    uintptr_t scratch;
    asm volatile goto(
        "1:\n\t"
        "movl %[object], %[scratch]\n\t"
        "xorl %%fs:4(%[list]), %[scratch]\n\t"
        "testl %[scratch], %[mask]\n\t"
        "jnz %l[elsewhere]\n\t"
        "movl %%fs:(%[list]), %[scratch]\n\t"
        "movl %[scratch], (%[object],%[link])\n\t"
        "movl %[object], %%fs:(%[list])\n"
        "2:\n\t" RESTARTABLE
        : [scratch] "=&r"(scratch)
        : [list] "r"(list), [object] "r"(object), [link] "r"(link), [mask] "m"(block_mask)
        : "cc", "memory"
        : elsewhere);
    return true;
elsewhere:
    return false;
}

// The last pointer that was put on this CPU's stack, or null.
[[gnu::always_inline]] inline void* cpu_stack_pop(per_cpu_var<cpu_free_list>* list) {
    void* object;
    cpu_stack* stack;
    u32 count;
    asm volatile goto(
        "1:\n\t"
        "movl %%fs:8(%[list]), %[stack]\n\t"
        "movl (%[stack]), %[count]\n\t"
        "subl $1, %[count]\n\t"
        "jc %l[empty]\n\t"
        "movl 8(%[stack],%[count],4), %[object]\n\t"
        "movl %[count], (%[stack])\n"
        "2:\n\t" RESTARTABLE
        : [object] "=&r"(object), [stack] "=&r"(stack), [count] "=&r"(count)
        : [list] "r"(list)
        : "cc", "memory"
        : empty);
    if (!object) __builtin_unreachable();
    return object;
empty:
    LANDING;
    return nullptr;
}

// False: the stack is full.
[[gnu::always_inline]] inline bool cpu_stack_push(per_cpu_var<cpu_free_list>* list,
                                                  void* object) {
    cpu_stack* stack;
    u32 count;
    asm volatile goto(
        "1:\n\t"
        "movl %%fs:8(%[list]), %[stack]\n\t"
        "movl (%[stack]), %[count]\n\t"
        "cmpl 4(%[stack]), %[count]\n\t"
        "jae %l[full]\n\t"
        "movl %[object], 8(%[stack],%[count],4)\n\t"
        "addl $1, %[count]\n\t"
        "movl %[count], (%[stack])\n"
        "2:\n\t" RESTARTABLE
        : [stack] "=&r"(stack), [count] "=&r"(count)
        : [list] "r"(list), [object] "r"(object)
        : "cc", "memory"
        : full);
    return true;
full:
    return false;
}
