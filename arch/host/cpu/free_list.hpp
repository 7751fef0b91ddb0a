// A list of free objects that each CPU has for itself, and a stack of pointers to
// some. A thread plays a CPU and is not interrupted, so plain code does.
#pragma once

#include <cpu/percpu.hpp>
#include <cpu/sanitize.hpp>
#include "lib/types.hpp"

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

// A free object is out of bounds for everybody else.
NO_SANITIZE_ADDRESS inline void* cpu_list_pop(per_cpu_var<cpu_free_list>* list,
                                              size_t link) {
    cpu_free_list& mine = this_cpu(*list);
    void* const head = mine.head;
    if (head) mine.head = *reinterpret_cast<void**>(static_cast<char*>(head) + link);
    return head;
}

NO_SANITIZE_ADDRESS inline bool cpu_list_push(per_cpu_var<cpu_free_list>* list,
                                              void* object, size_t link,
                                              const uintptr_t& block_mask) {
    cpu_free_list& mine = this_cpu(*list);
    if ((reinterpret_cast<uintptr_t>(object) ^ mine.base) & block_mask) return false;
    *reinterpret_cast<void**>(static_cast<char*>(object) + link) = mine.head;
    mine.head = object;
    return true;
}

inline void* cpu_stack_pop(per_cpu_var<cpu_free_list>* list) {
    cpu_stack* const stack = this_cpu(*list).stack;
    return stack->count > 0 ? stack->entries[--stack->count] : nullptr;
}

inline bool cpu_stack_push(per_cpu_var<cpu_free_list>* list, void* object) {
    cpu_stack* const stack = this_cpu(*list).stack;
    if (stack->count >= stack->limit) return false;
    stack->entries[stack->count++] = object;
    return true;
}
