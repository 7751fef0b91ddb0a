// What objects cost (docs/bench): caches of five sizes, kmalloc of fourteen, and
// mixtures of sizes among 4096 live objects.
#include "lib/benchmark.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/kmem_cache.hpp"

namespace {

constexpr gfp_t quiet_kernel = GFP_KERNEL | __GFP_NOWARN;

kmem_cache* cache_of(bench_kind& kind) { return static_cast<kmem_cache*>(kind.context); }

void run_caches(bench_run& run) {
    for (const u32 size : {32u, 128u, 256u, 1024u, 4096u}) {
        text_buffer<32> name;
        format_to(name, "kmem_cache_{}", size);
        name.put('\0');
        if (!run.could_want(name.view().substr(0, name.view().size() - 1))) continue;
        kmem_cache* const cache =
            kmem_cache_create("bench", size, 0, SLAB_NO_MERGE, nullptr);
        if (!cache) return run.remark("kmem_cache_{}: no memory", size);
        bench_kind kind{
            .name = name.view().data(),
            .alloc = [](bench_kind& k) { return kmem_cache_alloc(cache_of(k), GFP_KERNEL); },
            .free = [](bench_kind& k, void* object) { kmem_cache_free(cache_of(k), object); },
            .n = bench_run::most_objects,
            .context = cache,
            .shrink = [](bench_kind& k) { kmem_cache_shrink(cache_of(k)); }};
        measure_pairs(run, kind);
        kmem_cache_destroy(cache);
    }
}

void run_kmalloc(bench_run& run) {
    for (const u32 size : {8u, 16u, 32u, 64u, 96u, 128u, 192u, 256u, 512u, 1024u, 2048u, 4096u,
                           8192u, 131072u}) {
        text_buffer<32> name;
        format_to(name, "kmalloc_{}", size);
        name.put('\0');
        bench_kind kind{
            .name = name.view().data(),
            .alloc = [](bench_kind& k) { return kmalloc(k.argument, quiet_kernel); },
            .free = [](bench_kind&, void* object) { kfree(object); },
            .n = size > 8192 ? 100 : bench_run::most_objects,
            .argument = size};
        measure_pairs(run, kind);
    }
}

constexpr u32 live_objects = 4096;
constexpr size_t live_bytes = live_objects * sizeof(void*);

// `size` 0: 8 to 4096, each power of two alike.
void run_mix_of(bench_run& run, const char* row, u32 size) {
    if (!run.wants(row)) return;
    auto** const objects = static_cast<void**>(alloc_pages_exact(live_bytes, quiet_kernel));
    if (!objects) return run.remark("{}: no memory", row);
    for (u32 i = 0; i < live_objects; ++i)
        objects[i] = kmalloc(size ? size : 8u << run.random() % 10, GFP_KERNEL);
    const auto exchange_one = [&] {
        const u32 random = run.random();
        void*& object = objects[random % live_objects];
        kfree(object);
        object = kmalloc(size ? size : 8u << (random >> 16) % 10, GFP_KERNEL);
    };
    measure_loop(run, row, 1024, exchange_one, 4);
    for (u32 i = 0; i < live_objects; ++i) kfree(objects[i]);
    free_pages_exact(objects, live_bytes);
}

void run_mixes(bench_run& run) {
    run_mix_of(run, "kmalloc_mix_32_live4096", 32);
    run_mix_of(run, "kmalloc_mix_128_live4096", 128);
    run_mix_of(run, "kmalloc_mix_1024_live4096", 1024);
    run_mix_of(run, "kmalloc_mix_8-4096_live4096", 0);
}

}  // namespace

REGISTER(benchmark, kmem_cache_bench) = {.name = "kmem_cache_", .run = run_caches};
REGISTER(benchmark, kmalloc_bench) = {.name = "kmalloc_", .run = run_kmalloc};
REGISTER(benchmark, kmalloc_mix_bench) = {.name = "kmalloc_mix", .run = run_mixes};
