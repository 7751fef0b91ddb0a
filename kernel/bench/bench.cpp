#include "kernel/bench/bench.hpp"

#include <cpu/tsc.hpp>
#include "lib/benchmark.hpp"
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

bench_run::storage space;

constexpr u32 sweep_pages = cache_sweep_size / PAGE_SIZE;

std::span<char> borrow_pages() {
    page* const first = alloc_contig_pages(sweep_pages, GFP_KERNEL);
    if (!first) return {};
    return {static_cast<char*>(lowmem_page_address(first)), cache_sweep_size};
}

void give_pages_back(std::span<char> memory) {
    free_contig_pages(virt_to_page(memory.data()), sweep_pages);
}

constexpr cache_sweeper sweeper{borrow_pages, give_pages_back};

alignas(4096) char from_page[4096];
alignas(4096) char to_page[4096];

}  // namespace

bool run_benchmarks(std::string_view glob, text_sink& out) {
    if (!has_tsc()) {
        out.write("bench: this CPU has no time stamp counter\n");
        return false;
    }
    bench_run run(glob, out, space, &sweeper);
    for (const benchmark* family : registered<benchmark>()) {
        if (!run.could_want(family->name)) continue;
        run.begin_family();
        family->run(run);
    }
    if (!run.any_wanted()) format_to(out, "bench: nothing matches \"{}\"\n", glob);
    return run.any_wanted();
}

// What a row costs before it does anything: two indirect calls, and the loop.
REGISTER(benchmark, empty_bench) = {
    .name = "empty",
    .run =
        [](bench_run& run) {
            bench_kind empty = {
                .name = "empty",
                .alloc = [](bench_kind& kind) -> void* { return &kind; },
                .free = [](bench_kind&, void*) { asm volatile("" ::: "memory"); },
                .n = bench_run::most_objects,
            };
            measure_pairs(run, empty);
        },
};

REGISTER(benchmark, clear_page_bench) = {
    .name = "clear_page_hot",
    .run =
        [](bench_run& run) {
            measure_loop(run, "clear_page_hot", 64, [] {
                void* to = to_page;
                u32 words = 1024;
                asm volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(0) : "memory");
            });
        },
};

REGISTER(benchmark, copy_page_bench) = {
    .name = "copy_page_hot",
    .run =
        [](bench_run& run) {
            measure_loop(run, "copy_page_hot", 64, [] {
                void* to = to_page;
                const void* from = from_page;
                u32 words = 1024;
                asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words)::"memory");
            });
        },
};

REGISTER(monitor_command, bench_command) = {
    .name = "bench",
    .usage = "bench [GLOB]",
    .help = "measure, in ticks of the time stamp counter",
    .run = [](command_line& line, text_sink& out) {
        return run_benchmarks(line.arg(0), out) ? 0 : EINVAL;
    },
};
