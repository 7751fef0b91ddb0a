// Where the machine keeps addresses, beside pages: linker.ld's sections, and the stacks.
#include "lib/image.hpp"
#include "lib/scope_guard.hpp"
#include "mm/slab/kmemleak.hpp"

extern "C" {
extern char __per_cpu_area0[];
extern char __per_cpu_start[], __per_cpu_end[];
extern char init_stack[], init_stack_end[];  // boot/start.S
}

namespace {

// The words of [start, end), but not of [hole, hole_end), which lies inside.
void visit_around(const char* start, const char* hole, const char* hole_end,
                  const char* end, root_visitor visit, void* context) {
    visit(start, hole, context);
    visit(hole_end, end, context);
}

}  // namespace

// The first stack lies in .bss, and is read as a task's. CPU 0's variables
// lie in .bss, too: behind the static ones are the dynamic ones, which are read apart.
void for_each_root(const void* stack, root_visitor visit, void* context) {
    for_each_task_stack(stack, visit, context);
    const char* const dynamic = __per_cpu_area0 + (__per_cpu_end - __per_cpu_start);
    visit(__data_start, __per_cpu_start, context);
    visit(__per_cpu_end, init_stack, context);
    visit_around(init_stack_end, dynamic, dynamic + PERCPU_DYNAMIC_SIZE, __data_end, visit,
                 context);
}
