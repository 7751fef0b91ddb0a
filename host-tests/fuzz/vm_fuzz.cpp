// Address spaces: the bytes choose a program of the random generator's operations
// (host-tests/vm/vm_program.hpp), which Loci and the plain model run side by side.
//
// Input: a byte that chooses the kind of run, then the choices of the generator.
//
//      0 ... 127      answers, bytes and maps are the model's, and the invariants hold
//                     after each operation
//      128 ...        the next byte says which allocation fails, of pages or of objects:
//                     then each answer is some errno or none, the invariants hold, and in
//                     the end nothing is missing
//
// The seeds (corpus/vm) are random: without them, programs would be short for long.
#include "host-tests/models/address_space_model.hpp"
#include "host-tests/support/kernel.hpp"
#include "host-tests/support/kernel_memory.hpp"
#include "host-tests/vm/loci_machine.hpp"
#include "host-tests/vm/vm_compare.hpp"
#include "host-tests/vm/vm_print.hpp"
#include "host-tests/vm/vm_recording.hpp"
#include "host-tests/vm/vm_run.hpp"
#include "lib/fault_injection.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/vmstat.hpp"
#include "mm/slab/slab_debug.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

constexpr u32 most_steps = 400;

[[noreturn]] void fail(const std::string& told) {
    fprintf(stderr, "vm_fuzz: %s\n", told.c_str());
    abort();
}

const vm_layout& layout() {
    static const vm_layout usual = usual_vm_layout(kernel_format::levels == 3);
    return usual;
}

std::unique_ptr<vm_machine> make_model(const vm_layout& layout) {
    return std::make_unique<address_space_model>(layout);
}
std::unique_ptr<vm_machine> make_loci(const vm_layout& layout) {
    return std::make_unique<loci_machine>(layout);
}

bool is_answer(const vm_operation& operation, u32 answer) {
    if (answer <= 0xfffff000) return true;
    for (const u8 errno_known : vm_errnos)
        if (answer == 0u - errno_known) return true;
    return answer == operation.address;  // as Linux has it (linux_differences.hpp)
}

void run_alone(vm_machine& loci, const vm_script& script) {
    for (const vm_step& step : script) {
        const vm_operation& made = step.operation;
        const u32 answer =
            made.op == vm_op::fork
                ? loci.fork([&](vm_machine& child) { run_alone(child, step.child); })
                : vm_perform(loci, made);
        if (!is_answer(made, answer))
            fail(to_text(made) + " answers " + answer_text(made, answer));
        loci.check_invariants();
    }
}

// But for what allocators keep for themselves.
u64 live_objects() {
    u64 live = 0;
    for_each_cache(
        [](kmem_cache& cache, void* sum) {
            if (cache.flags & SLAB_NOLEAKTRACE) return;
            *static_cast<u64*>(sum) += slab_nr_live(cache);
        },
        &live);
    return live;
}
// But for the pages of caches, which keep some for the next object, and empty tables.
u64 pages_in_use() {
    return the_page_allocator().census().in_use - vm_counters.slab_reclaimable -
           vm_counters.slab_unreclaimable - vm_counters.clean_tables;
}

void run_with_failure(u8 which, vm_bytes& bytes) {
    const auto model = make_model(layout());
    const vm_script script =
        generate_script(*model, layout(), vm_source(bytes), most_steps);
    fault_attr& attr = which & 1 ? failslab : the_page_allocator().fail_page_alloc();
    const u64 pages = pages_in_use(), objects = live_objects();
    try {
        loci_machine loci(layout());
        const fail_nth armed(attr, 1 + which / 2);
        run_alone(loci, script);
        loci.finish();
    } catch (const kernel_panic& panic) {
        fail("panic: " + panic.message + "\n" + to_text(script));
    }
    if (pages_in_use() != pages || live_objects() != objects)
        fail("pages or objects are lost\n" + to_text(script));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    set_up_kernel_memory();
    if (size < 2) return 0;
    const bool lacks_memory = data[0] & 128;
    vm_bytes bytes{data + (lacks_memory ? 2 : 1), data + size};
    if (lacks_memory) {
        run_with_failure(data[1], bytes);
        return 0;
    }
    const std::string told =
        compare_machines(make_model, make_loci, layout(), vm_source(bytes), most_steps);
    if (!told.empty()) fail(told);
    return 0;
}
