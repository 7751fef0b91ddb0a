// What it costs to reach a page of high memory (docs/bench).
#include "lib/benchmark.hpp"
#include "mm/map/highmem.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

constexpr u32 nr_pages = 64;
page* pages[nr_pages];

u32 get_pages() {
    u32 high = 0;
    for (page*& page : pages) {
        page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);
        high += page && PageHighMem(*page);
    }
    return high;
}
void put_pages() {
    for (page* const page : pages)
        if (page) __free_page(page);
}

void touch(void* address) { static_cast<void>(*static_cast<volatile char*>(address)); }

// `work` does a row's work for each of the pages.
template <class Work>
void measure(bench_run& run, std::string_view row, Work work) {
    if (!run.wants(row)) return;
    u64* const ticks = run.space().ticks[0];
    for (unsigned round = 0; round < bench_run::rounds; ++round) {
        const u64 start = bench_run::now();
        work();
        ticks[round] = bench_run::now() - start;
    }
    run.report(row, {ticks, bench_run::rounds}, nr_pages);
}

void run_kmap(bench_run& run) {
    if (get_pages() < nr_pages) {
        run.remark("kmap: there is too little high memory");
        return put_pages();
    }
    measure(run, "kmap_local_pair", [] {
        for (const page* page : pages) kunmap_local(kmap_local_page(page));
    });
    measure(run, "kmap_local_touch_pair", [] {
        for (const page* page : pages) {
            void* const mapped = kmap_local_page(page);
            touch(mapped);
            kunmap_local(mapped);
        }
    });
    measure(run, "kmap_atomic_touch_pair", [] {
        for (const page* page : pages) {
            void* const mapped = kmap_atomic(page);
            touch(mapped);
            kunmap_atomic(mapped);
        }
    });
    measure(run, "kmap_same_page_pair", [] {
        for (u32 i = 0; i < nr_pages; ++i) {
            touch(kmap(pages[0]));
            kunmap(pages[0]);
        }
    });
    measure(run, "kmap_64_pages_pair", [] {
        for (const page* page : pages) {
            touch(kmap(page));
            kunmap(page);
        }
    });
    kmap_flush_unused();
    put_pages();
}

}  // namespace

REGISTER(benchmark, kmap_bench) = {.name = "kmap_", .run = run_kmap};
