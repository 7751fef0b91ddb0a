// Where the machine keeps addresses, beside pages: linker.ld's sections, and the stack.
#include "lib/scope_guard.hpp"
#include "mm/slab/kmemleak.hpp"

extern "C" {
extern char __data_start[], __per_cpu_area0[], __image_end[];
extern char __per_cpu_start[], __per_cpu_end[];
extern char init_stack[], init_stack_end[];  // boot/start.S
}

// The page below the stack that the kernel booted on (boot/boot_main.cpp).
u32 init_stack_guard();

namespace {

// The words of [start, end), but not of [hole, hole_end), which lies inside.
void visit_around(const char* start, const char* hole, const char* hole_end,
                  const char* end, root_visitor visit, void* context) {
    visit(start, hole, context);
    visit(hole_end, end, context);
}

void visit_stack(const void* stack, root_visitor visit, void* context) {
    const auto* const from = static_cast<const char*>(stack);
    const auto* const bottom =
        reinterpret_cast<const char*>(init_stack_guard() + PAGE_SIZE);
    const char* const top = bottom + (init_stack_end - init_stack);
    if (from >= bottom && from < top) visit(from, top, context);
}

}  // namespace

// The first stack lies in .bss, and is read through its other mapping. CPU 0's variables
// lie in .bss, too: behind the static ones are the dynamic ones, which are read apart.
void for_each_root(const void* stack, root_visitor visit, void* context) {
    visit_stack(stack, visit, context);
    const char* const dynamic = __per_cpu_area0 + (__per_cpu_end - __per_cpu_start);
    visit(__data_start, __per_cpu_start, context);
    visit(__per_cpu_end, init_stack, context);
    visit_around(init_stack_end, dynamic, dynamic + PERCPU_DYNAMIC_SIZE, __image_end, visit,
                 context);
}
