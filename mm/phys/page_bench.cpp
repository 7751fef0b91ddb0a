// What pages cost (docs/bench): blocks of each order, cleared pages, pages of high
// memory, and a mixture of orders among 4096 live blocks.
#include "lib/benchmark.hpp"
#include "mm/phys/page_alloc.hpp"

#include <new>

namespace {

constexpr gfp_t quiet_kernel = GFP_KERNEL | __GFP_NOWARN;

void* allocate_block(bench_kind& kind) { return alloc_pages(quiet_kernel, kind.argument); }
void free_block(bench_kind& kind, void* block) {
    __free_pages(static_cast<page*>(block), kind.argument);
}

void run_orders(bench_run& run) {
    for (u32 order = 0; order < MAX_ORDER; ++order) {
        text_buffer<16> name;
        format_to(name, "pages_order{}", order);
        name.put('\0');
        const u32 live = order <= PAGE_ALLOC_COSTLY_ORDER ? bench_run::most_objects
                                                          : max_of(8u, 8192u >> order);
        bench_kind kind{.name = name.view().data(),
                        .alloc = allocate_block,
                        .free = free_block,
                        .n = min_of(live, bench_run::most_objects),
                        .argument = order};
        measure_pairs(run, kind);
    }
}

void run_zeroed(bench_run& run) {
    bench_kind kind{.name = "get_zeroed_page",
                    .alloc = [](bench_kind&) { return get_zeroed_page(GFP_KERNEL); },
                    .free = [](bench_kind&, void* address) { free_page(address); },
                    .n = bench_run::most_objects};
    measure_pairs(run, kind);
}

void run_highuser(bench_run& run) {
    bench_kind kind{.name = "highuser_page",
                    .alloc = [](bench_kind&) -> void* {
                        return alloc_page(GFP_HIGHUSER | __GFP_NOWARN);
                    },
                    .free = free_block,
                    .n = bench_run::most_objects};
    measure_pairs(run, kind);
}

struct live_block {
    page* head;
    u8 order;
};
constexpr u32 live_blocks = 4096;
constexpr size_t live_bytes = live_blocks * sizeof(live_block);

void ask_for(live_block& block, u32 order) {
    block = {alloc_pages(quiet_kernel, order), static_cast<u8>(order)};
}

void run_mix(bench_run& run) {
    constexpr const char* row = "pages_mix_order0-4_live4096";
    if (!run.wants(row)) return;
    auto* const blocks = static_cast<live_block*>(alloc_pages_exact(live_bytes, quiet_kernel));
    if (!blocks) return run.remark("{}: no memory", row);
    for (u32 i = 0; i < live_blocks; ++i) ask_for(blocks[i], run.random() % 5);
    const auto exchange_one = [&] {
        const u32 random = run.random();
        live_block& block = blocks[random % live_blocks];
        if (block.head) __free_pages(block.head, block.order);
        ask_for(block, (random >> 16) % 5);
    };
    measure_loop(run, row, 1024, exchange_one, 4);
    for (u32 i = 0; i < live_blocks; ++i)
        if (blocks[i].head) __free_pages(blocks[i].head, blocks[i].order);
    free_pages_exact(blocks, live_bytes);
}

// What the boot does for each frame: its struct page made, then released to a zone.
struct scratch {
    static constexpr unsigned map_order = 4;
    static constexpr u32 frames = (PAGE_SIZE << map_order) / sizeof(page);
    page_allocator pages;
    migrate_type block_types[frames / pageblock_nr_pages];
};

void init_scratch(scratch& some, page* map) {
    some.pages.init({.map = map,
                     .frames = scratch::frames,
                     .block_types = some.block_types,
                     .zone_end = {0, scratch::frames, scratch::frames}});
}

void run_mem_map(bench_run& run) {
    void* const room = alloc_pages_exact(sizeof(scratch), quiet_kernel);
    auto* const map = static_cast<page*>(__get_free_pages(quiet_kernel, scratch::map_order));
    if (room && map) {
        auto& some = *new (room) scratch;
        measure_round(run, "mem_map_init", scratch::frames, [&] { init_scratch(some, map); });
        measure_round(
            run, "mem_map_release", scratch::frames,
            [&] { some.pages.release({pfn(0), pfn(scratch::frames)}); },
            [&] { init_scratch(some, map); });
    } else {
        run.remark("mem_map: no memory");
    }
    free_pages(map, scratch::map_order);
    free_pages_exact(room, sizeof(scratch));
}

}  // namespace

REGISTER(benchmark, mem_map_bench) = {.name = "mem_map", .run = run_mem_map};
REGISTER(benchmark, pages_bench) = {.name = "pages_order", .run = run_orders};
REGISTER(benchmark, zeroed_page_bench) = {.name = "get_zeroed_page", .run = run_zeroed};
REGISTER(benchmark, highuser_page_bench) = {.name = "highuser_page", .run = run_highuser};
REGISTER(benchmark, pages_mix_bench) = {.name = "pages_mix", .run = run_mix};
