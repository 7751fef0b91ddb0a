// What the calls that change areas cost, from the kernel's side: the rows of docs/bench
// without the way from and to the program.
#include "lib/benchmark.hpp"
#include "mm/vm/mm.hpp"

namespace {

constexpr u32 calls = 16;  // of a round
constexpr u32 anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr u32 heap = 0x08100000;

// A space that looks like a small program's: text, heap and stack.
mm_struct* make_space(bench_run& run, std::string_view row) {
    if (!run.wants(row)) return nullptr;
    mm_struct* const mm = mm_alloc();
    if (!mm) return nullptr;
    mm->start_brk = mm->brk = heap;
    const auto fixed = [&](u32 at, u32 bytes, u32 prot) {
        static_cast<void>(do_mmap(*mm, at, bytes, prot, anonymous | MAP_FIXED, nullptr, 0));
    };
    fixed(0x08048000, 0x20000, PROT_READ | PROT_EXEC);
    fixed(0x08068000, 0x8000, PROT_READ | PROT_WRITE);
    fixed(0xBFFDF000, 0x21000, PROT_READ | PROT_WRITE);
    do_brk(*mm, heap + 0x21000);
    return mm;
}

// Areas of one page at every second page, rights by turns, as the rows' programs have them.
void add_areas(mm_struct& mm, u32 count) {
    for (u32 i = 0; i < count; ++i)
        static_cast<void>(do_mmap(mm, 0x20000000 + 2 * i * PAGE_SIZE, PAGE_SIZE,
                                  i % 2 ? PROT_READ : PROT_READ | PROT_WRITE,
                                  anonymous | MAP_FIXED, nullptr, 0));
}

template <class Work>
void measure(bench_run& run, std::string_view row, u32 other_areas, Work work) {
    mm_struct* const mm = make_space(run, row);
    if (!mm) return;
    add_areas(*mm, other_areas);
    u64* const ticks = run.space().ticks[0];
    for (unsigned round = 0; round < bench_run::rounds; ++round) {
        const u64 start = bench_run::now();
        for (u32 i = 0; i < calls; ++i) work(*mm);
        ticks[round] = bench_run::now() - start;
    }
    run.report(row, {ticks, bench_run::rounds}, calls);
    mmput(*mm);
}

void map_and_unmap(mm_struct& mm) {
    const auto mapped =
        do_mmap(mm, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, anonymous, nullptr, 0);
    if (mapped) static_cast<void>(do_munmap(mm, *mapped, PAGE_SIZE));
}

void run_mmap(bench_run& run) {
    measure(run, "sim.mmap_munmap_1p", 0, map_and_unmap);
    measure(run, "sim.mmap_munmap_1p_vmas_100", 100, map_and_unmap);
    measure(run, "sim.mmap_munmap_1p_vmas_10000", 10000, map_and_unmap);
}

void run_brk(bench_run& run) {
    measure(run, "sim.brk_grow_shrink_1p", 0, [](mm_struct& mm) {
        const u32 before = mm.brk;
        do_brk(mm, before + PAGE_SIZE);
        do_brk(mm, before);
    });
}

// Each call is one of the two of a toggle.
void run_mprotect(bench_run& run) {
    measure(run, "sim.mprotect_toggle_1p", 1, [](mm_struct& mm) {
        static u32 prot = PROT_READ;
        prot ^= PROT_WRITE;
        static_cast<void>(do_mprotect(mm, 0x20000000, PAGE_SIZE, prot));
    });
    measure(run, "sim.mprotect_split_merge_1p", 0, [](mm_struct& mm) {
        static_cast<void>(do_mprotect(mm, heap + 4 * PAGE_SIZE, PAGE_SIZE, PROT_READ));
        static_cast<void>(
            do_mprotect(mm, heap + 4 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE));
    });
}

void run_mremap(bench_run& run) {
    measure(run, "sim.mremap_grow_shrink_1_2p", 1, [](mm_struct& mm) {
        static_cast<void>(do_mremap(mm, 0x20000000, PAGE_SIZE, 2 * PAGE_SIZE, 0, 0));
        static_cast<void>(do_mremap(mm, 0x20000000, 2 * PAGE_SIZE, PAGE_SIZE, 0, 0));
    });
}

}  // namespace

REGISTER(benchmark, mmap_bench) = {.name = "sim.mmap_munmap_1p", .run = run_mmap};
REGISTER(benchmark, brk_bench) = {.name = "sim.brk_grow_shrink_1p", .run = run_brk};
REGISTER(benchmark, mprotect_bench) = {.name = "sim.mprotect_", .run = run_mprotect};
REGISTER(benchmark, mremap_bench) = {.name = "sim.mremap_", .run = run_mremap};
