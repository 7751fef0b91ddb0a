// CPUs' stacks of free slots, for the strategies that have them. They come from a cache
// of slab's, "cpu_stack", that has no stacks itself and relies on nothing but pages.
#include "mm/slab/slab_strategy.hpp"

#include <new>

namespace {

constinit cpu_stack empty_stack = {0, 0, {}};
constinit kmem_cache* stacks = nullptr;

constexpr size_t stack_bytes = sizeof(cpu_stack) + cpu_stack_limit(1) * sizeof(void*);

bool has_stacks(const kmem_cache& cache) {
    return !cache.is_debugged() && !(cache.flags & SLAB_SELF_CONTAINED);
}

}  // namespace

cpu_stack& no_cpu_stack() { return empty_stack; }

void cpu_stacks_init() {
    stacks = kmem_cache_create_with(bonwick_strategy(), "cpu_stack", stack_bytes, 0,
                                    SLAB_NO_MERGE | SLAB_NOLEAKTRACE | SLAB_SELF_CONTAINED,
                                    nullptr);
    kassert(stacks, "no memory for {} bytes of a cache at boot", sizeof(kmem_cache));
}

// Not at the cost of anybody's reserves, nor where an allocation is to fail: without a
// stack all works as well, and the next call tries again.
void provide_cpu_stack(kmem_cache& cache) {
    if (this_cpu(*cache.cpu_slab).stack->limit > 0 || !has_stacks(cache) || !stacks ||
        !may_allocate_without_care())
        return;
    void* const room = kmem_cache_alloc(stacks, GFP_NOWAIT | __GFP_NOWARN);
    if (!room) return;
    auto* stack = new (room) cpu_stack{.count = 0, .limit = cpu_stack_limit(cache.size)};
    {
        // Meanwhile this may be another CPU, or an interrupt was quicker.
        lock_guard held(cache.node.list_lock);
        cpu_free_list& mine = this_cpu(*cache.cpu_slab);
        if (mine.stack->limit == 0) {
            mine.stack = stack;
            stack = nullptr;
        }
    }
    free_cpu_stack(stack);
}

cpu_stack* detach_cpu_stack(cpu_free_list& list) {
    cpu_stack* const stack = list.stack;
    if (stack->limit == 0) return nullptr;
    kassert(stack->count == 0, "a CPU's stack still has {} slots", stack->count);
    list.stack = &empty_stack;
    return stack;
}

void free_cpu_stack(cpu_stack* stack) {
    if (stack) kmem_cache_free(stacks, stack);
}
