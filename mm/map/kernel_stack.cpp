#include "mm/map/kernel_stack.hpp"

#include "lib/spinlock.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/shrinker.hpp"
#include "mm/slab/kmemleak.hpp"

namespace {

constinit irq_spinlock kept_lock{"kernel stacks"};
constexpr unsigned kept_most = 2;
constinit void* kept[kept_most] GUARDED_BY(kept_lock);
constinit unsigned nr_kept GUARDED_BY(kept_lock) = 0;

void* take_kept() {
    const lock_guard held(kept_lock);
    return nr_kept > 0 ? kept[--nr_kept] : nullptr;
}

bool keep(void* stack) {
    const lock_guard held(kept_lock);
    if (nr_kept == kept_most) return false;
    kept[nr_kept++] = stack;
    return true;
}

class stack_shrinker final : public shrinker {
public:
    constexpr stack_shrinker() : shrinker("kernel stacks") {}
    u32 count(gfp_t) override {
        const lock_guard held(kept_lock);
        return nr_kept * (THREAD_SIZE >> PAGE_SHIFT);
    }
    u32 scan(u32, gfp_t) override { return drain_kernel_stacks(); }
};
constinit stack_shrinker kept_stacks;

}  // namespace

void kernel_stacks_init() { the_shrinkers().add(kept_stacks); }

u32 drain_kernel_stacks() {
    u32 pages = 0;
    while (void* const stack = take_kept()) {
        vfree(stack);
        pages += THREAD_SIZE >> PAGE_SHIFT;
    }
    return pages;
}

void* alloc_kernel_stack() {
    if (void* const stack = take_kept()) return stack;
    // Cleared, so that nobody takes what was there before for a stack's. (And pages in which
    // firmware ran are slow to write in an emulator until each byte has been written once.)
    void* const stack = vzalloc(THREAD_SIZE);
    if (stack) find_vm_area(stack)->flags |= VM_STACK;
    return stack;
}

void free_kernel_stack(void* stack) {
    if (!stack || keep(stack)) return;
    vfree(stack);
}

u32 kernel_stack_above(u32 address) {
    const u32 next_page = (address & PAGE_MASK) + PAGE_SIZE;
    const vm_struct* const area = the_vmalloc_space().find(next_page);
    return area && (area->flags & VM_STACK) && area->va_start == next_page ? next_page : 0;
}

void for_each_stack_page(void (*visit)(const page& page, void* context), void* context) {
    const vmalloc_space& space = the_vmalloc_space();
    vmalloc_space::facts facts;
    for (u32 at = space.window().start; space.describe_from(at, facts); at = facts.area.va_end) {
        if (!(facts.area.flags & VM_STACK)) continue;
        for (u32 i = 0; i < facts.area.mapped_pages(); ++i)
            visit(*space.page_of(facts.area.va_start + i * PAGE_SIZE), context);
    }
}
