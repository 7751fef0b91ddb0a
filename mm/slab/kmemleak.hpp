// kmemleak: objects that nobody points to any more.
//
// Whoever has lost the address of an object cannot give it back. So an object whose
// address stands nowhere is a leak. Where can an address stand? The scan goes through
// all of it, as a garbage collector does that does not know the types of things:
//
//     roots                                    objects in use
//       .data, .bss            --word--->        A ---> B ---> C    reached
//       each CPU's variables                     |
//       the stack, from here up                  `---> somewhere in D: reached, too
//       pages that are no slab's and no stack's
//                                                E ---> F           leaked, both
//                                                H <--> I           leaked, both
//
// A word that happens to look like an address keeps an object that is a leak; so the
// scan may overlook some, and what stood on the stack before is a favourite. What it
// reports has no address in sight, unless somebody keeps it in disguise.
//
// The allocator's own knowledge of objects does not count: what lies on a CPU's list or
// stack is free, and where a slab begins is where its first object does. So these words
// are passed over: each CPU's cpu_free_list of each cache, and all of struct page. And
// the objects of its own caches (SLAB_NOLEAKTRACE: descriptors, CPUs' stacks) are neither
// looked for nor looked into.
//
// K1: only live objects of caches that are traced are marked, and each word leads to at
//     most one.
// K2: the tables of the scan are no roots.
//
// In a kernel built with DEBUG=1; who allocated an object is known where slub_debug=U
// was given. Objects that come or go while the scan runs may be reported wrongly, once.
//
// slob does not tell the objects of undebugged caches apart. It cannot be said which of
// them leak, but as they may have the addresses of others, its heaps' pages are roots.
//
// Left out: leaks of whole pages (kmalloc_large among them), which look like pages of
// somebody who still has them; scanning stacks of other tasks; addresses in HighMem.
#pragma once

#include "mm/slab/slab_strategy.hpp"

struct leaked_object {
    const void* object;
    size_t size;
    const kmem_cache& cache;
};
class leak_sink {
public:
    virtual void leak(const leaked_object& leaked) = 0;

protected:
    ~leak_sink() = default;
};

struct leak_counts {
    u32 objects;  // in use
    u32 leaked;
};
// Nothing: there is no memory for the tables.
std::optional<leak_counts> find_leaks(leak_sink& sink);
// The same in words, as the monitor shows it. False: there is no memory.
bool print_leaks(text_sink& out);

// Where addresses may stand: words from `start` on, before `end`. kmemleak_roots.cpp
// knows the machine's, but for pages and the CPUs' variables. Of the stack that is in use
// the words from `stack` up are: what lies below are frames of the search, with what the
// search itself has noted, and what interrupts left there.
using root_visitor = void (*)(const void* start, const void* end, void* context);
void for_each_root(const void* stack, root_visitor visit, void* context);
// The part of it that kernel/sched defines: the stack that is in use, from there up, and
// those of tasks that do not run.
void for_each_task_stack(const void* stack, root_visitor visit, void* context);
// The part that mm/map defines: each page of a kernel stack. Of these only what
// for_each_task_stack() tells is in use.
void for_each_stack_page(void (*visit)(const page& page, void* context), void* context);
