#include "kernel/bench/bench.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "lib/benchmark.hpp"
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"

namespace {

constexpr unsigned rounds = 21;

// Interrupts are off during a round: a tick in the middle would be measured too.
u32 measure_round(const benchmark& bench) {
    const irq_state state = local_irq_save();
    const u64 before = read_tsc();
    bench.run(bench.batch);
    const u64 after = read_tsc();
    local_irq_restore(state);
    return static_cast<u32>(after - before) / bench.batch;
}

void sort(u32* values, unsigned count) {
    for (unsigned i = 1; i < count; ++i) {
        const u32 value = values[i];
        unsigned place = i;
        for (; place > 0 && values[place - 1] > value; --place) values[place] = values[place - 1];
        values[place] = value;
    }
}

alignas(4096) char from_page[4096];
alignas(4096) char to_page[4096];

}  // namespace

bool run_benchmarks(std::string_view glob, text_sink& out) {
    if (!boot_decisions().use_tsc) {
        out.write("bench: this CPU has no time stamp counter\n");
        return false;
    }
    bool any = false;
    for (const benchmark* bench : registered<benchmark>()) {
        if (!glob.empty() && !glob_match(glob, bench->name)) continue;
        any = true;
        u32 ticks[rounds];
        measure_round(*bench);  // once for the caches
        for (u32& t : ticks) t = measure_round(*bench);
        sort(ticks, rounds);
        format_to(out, "bench {} median={} min={} n={}\n", bench->name, ticks[rounds / 2],
                  ticks[0], rounds);
    }
    if (!any) format_to(out, "bench: nothing matches \"{}\"\n", glob);
    return any;
}

REGISTER(benchmark, empty_bench) = {.name = "empty.pair_hot", .batch = 1, .run = [](unsigned) {}};

REGISTER(benchmark, clear_page_bench) = {
    .name = "clear_page_hot",
    .batch = 1,
    .run = [](unsigned) {
        void* to = to_page;
        u32 words = 1024;
        asm volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(0) : "memory");
    },
};

REGISTER(benchmark, copy_page_bench) = {
    .name = "copy_page_hot",
    .batch = 1,
    .run = [](unsigned) {
        void* to = to_page;
        const void* from = from_page;
        u32 words = 1024;
        asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words)::"memory");
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
