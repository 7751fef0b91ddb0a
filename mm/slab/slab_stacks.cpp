// CPUs' stacks of free slots. A cache gets them when they are first of use: most caches
// of a small machine never are.
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

constinit cpu_stack empty_stack = {0, 0, {}};

}  // namespace

cpu_stack& no_cpu_stack() { return empty_stack; }

u32 cpu_stack_limit(u32 size) {
    if (size > 131072) return 1;
    if (size > PAGE_SIZE) return 8;
    if (size > 1024) return 24;
    return size > 256 ? 54 : 120;
}

// The memory comes from kmalloc, and so may be asked for in the middle of kmalloc: what
// is being freed then is only a slot more of its slab, not of a stack.
void provide_cpu_stack(kmem_cache& cache) {
    if (this_cpu(*cache.cpu_slab).stack != &empty_stack) return;
    const u32 limit = cpu_stack_limit(cache.size);
    void* const room =
        kmalloc(sizeof(cpu_stack) + limit * sizeof(void*), GFP_NOWAIT | __GFP_NOWARN);
    if (!room) return;
    auto* const stack = static_cast<cpu_stack*>(room);
    stack->count = 0;
    stack->limit = limit;
    const irq_state state = local_irq_save();
    cpu_free_list& mine = this_cpu(*cache.cpu_slab);
    const bool installed = mine.stack == &empty_stack;
    if (installed) mine.stack = stack;
    local_irq_restore(state);
    if (!installed) kfree(stack);
}

void remove_cpu_stack(cpu_free_list& list) {
    cpu_stack* const stack = list.stack;
    if (stack == &empty_stack) return;
    kassert(stack->count == 0, "a CPU's stack still has {} slots", stack->count);
    list.stack = &empty_stack;
    kfree(stack);
}
