// Kernel stacks (spec F10): two pages from vmalloc, and below them one that is never
// mapped. What runs over the end faults there; the CPU cannot push that fault on such a
// stack, so it becomes a double fault, which has a task and a stack of its own, and is
// reported by name.
//
//     va_start - 4K   va_start                     + 8 KiB
//     |  unmapped  |  <---- grows down ----  esp  |  guard of the area  |
//
// The page below is the guard behind the area before, or the gap before the window.
//
// Two of those that are given back are kept mapped for the next who asks: to map a stack
// costs ten times what it costs to take one. Where memory is short they go first: they
// have a shrinker.
#pragma once

#include "mm/map/vmalloc_space.hpp"

inline constexpr u32 THREAD_SIZE = 2 * PAGE_SIZE;

// Once vmalloc is there.
void kernel_stacks_init();

// The lowest byte of a stack; null: no memory. May sleep.
[[nodiscard]] void* alloc_kernel_stack();
// Not by who runs on it.
void free_kernel_stack(void* stack);
// Those that are kept go back to vmalloc. How many pages that were.
u32 drain_kernel_stacks();

// The stack that an address lies just below, within a page of its end; 0: none.
u32 kernel_stack_above(u32 address);
