// Figures over a clock that only the measured work moves.
#include "lib/benchmark.hpp"

#include <test.hpp>

#include <string>

namespace {

bench_run::storage space;

class string_sink final : public text_sink {
public:
    void write(std::string_view text) override { value.append(text); }
    std::string value;
};

}  // namespace

TEST(benchmark_time, each_row_counts_its_own_operation_and_no_other) {
    string_sink out;
    static char memory[128];
    static const cache_sweeper sweeper = {
        .borrow = [] { return std::span<char>(memory); },
        .give_back = [](std::span<char>) {},
    };
    bench_kind slow = {
        .name = "slow",
        .alloc = [](bench_kind& kind) -> void* {
            host_tsc += 700;
            return &kind;
        },
        .free = [](bench_kind&, void*) { host_tsc += 30; },
        .n = 1000,
        .shrink = [](bench_kind&) { host_tsc += 1; },
    };
    {
        bench_run run("", out, space, &sweeper);
        measure_pairs(run, slow);
        measure_loop(run, "loop", 64, [] { host_tsc += 5; }, 4);
    }
    EXPECT_EQ(out.value, "bench slow.pair_hot median=730 min=730 n=51\n"
                         "bench slow.allocN median=700 min=700 n=51\n"
                         "bench slow.free_order median=30 min=30 n=51\n"
                         "bench slow.free_rev median=30 min=30 n=51\n"
                         "bench slow.free_rand median=30 min=30 n=51\n"
                         "bench slow.cold1_alloc median=700 min=700 n=31\n"
                         "bench slow.cold1_free median=30 min=30 n=31\n"
                         "bench loop median=5 min=5 n=51\n");
}
