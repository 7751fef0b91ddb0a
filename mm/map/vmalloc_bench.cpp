// What vmalloc costs (docs/bench): a page, 64 KiB and 1 MiB.
#include "lib/benchmark.hpp"
#include "mm/map/vmalloc.hpp"

namespace {

void run_vmalloc(bench_run& run) {
    for (const u32 size : {u32{PAGE_SIZE}, u32{64 * KiB}, u32{MiB}}) {
        text_buffer<24> name;
        format_to(name, "vmalloc_{}", size);
        name.put('\0');
        bench_kind kind{.name = name.view().data(),
                        .alloc = [](bench_kind& k) { return vmalloc(k.argument); },
                        .free = [](bench_kind&, void* area) { vfree(area); },
                        .n = size > 64 * KiB ? 16u : 100u,
                        .argument = size};
        measure_pairs(run, kind);
    }
}

}  // namespace

REGISTER(benchmark, vmalloc_bench) = {.name = "vmalloc_", .run = run_vmalloc};
