// What is measured, and in which order; how long it takes is another matter.
#include "lib/benchmark.hpp"

#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

// Hands out 1, 2, 3 ... and remembers the order in which the last of them came back.
struct toy_allocator {
    static constexpr u32 most = 16;

    u32 allocations = 0;
    u32 frees = 0;
    u32 shrinks = 0;
    u32 fails_at = 0;  // the allocation that finds no memory; 0: none does
    u32 freed[most] = {};

    bench_kind kind(const char* name, unsigned n) {
        return {.name = name,
                .alloc = [](bench_kind& k) { return of(k).alloc(); },
                .free = [](bench_kind& k, void* object) { of(k).free(object); },
                .n = n,
                .context = this,
                .shrink = [](bench_kind& k) { ++of(k).shrinks; }};
    }

private:
    static toy_allocator& of(bench_kind& kind) {
        return *static_cast<toy_allocator*>(kind.context);
    }
    void* alloc() {
        if (++allocations == fails_at) return nullptr;
        return reinterpret_cast<void*>(uintptr_t{allocations});
    }
    void free(void* object) {
        freed[frees++ % most] = static_cast<u32>(reinterpret_cast<uintptr_t>(object));
    }
};

bench_run::storage& space() { return scratch_as<bench_run::storage>(); }

struct lent_memory {
    static inline char bytes[256] = {};
    static inline unsigned borrowed = 0;
    static inline unsigned returned = 0;
};
constexpr cache_sweeper lender = {
    .borrow =
        [] {
            ++lent_memory::borrowed;
            return std::span<char>(lent_memory::bytes);
        },
    .give_back = [](std::span<char>) { ++lent_memory::returned; },
};
constexpr cache_sweeper poor_lender = {
    .borrow = [] { return std::span<char>(); },
    .give_back = [](std::span<char>) {},
};

struct measured {
    text_buffer<1000> text;
    bool wanted = false;

    measured(std::string_view glob, toy_allocator& toy, unsigned n,
             const cache_sweeper* sweeper = nullptr) {
        bench_run run(glob, text, space(), sweeper);
        bench_kind kind = toy.kind("toy", n);
        measure_pairs(run, kind);
        wanted = run.any_wanted();
    }
    bool has(std::string_view words) const {
        return text.view().find(words) != std::string_view::npos;
    }
    unsigned lines() const {
        unsigned count = 0;
        for (char c : text.view()) count += c == '\n';
        return count;
    }
};

}  // namespace

TEST(benchmark, pairs_a_round_follow_the_number_of_objects) {
    constexpr struct {
        unsigned n, pairs;
    } table[] = {{1, 4}, {99, 4}, {100, 32}, {999, 32}, {1000, 256}};
    for (const auto& row : table) {
        toy_allocator toy;
        const measured result("toy.pair_hot", toy, row.n);
        EXPECT_EQ(toy.allocations, bench_run::rounds * row.pairs);
        EXPECT_EQ(toy.frees, toy.allocations);
        EXPECT_TRUE(result.has("bench toy.pair_hot median="));
        EXPECT_EQ(result.lines(), 1u);
    }
}

TEST(benchmark, objects_are_freed_in_the_order_that_the_row_names) {
    constexpr unsigned n = toy_allocator::most;
    constexpr u32 last_round = (bench_run::rounds - 1) * n;
    const auto measure = [](std::string_view glob) {
        toy_allocator toy;
        const measured result(glob, toy, n);
        EXPECT_EQ(result.lines(), 1u);
        EXPECT_EQ(toy.allocations, bench_run::rounds * n);
        return toy;
    };
    const toy_allocator in_order = measure("toy.free_order");
    const toy_allocator reversed = measure("toy.free_rev");
    const toy_allocator shuffled = measure("toy.free_rand");
    u32 seen = 0, in_place = 0;
    for (u32 i = 0; i < n; ++i) {
        EXPECT_EQ(in_order.freed[i], last_round + 1 + i);
        EXPECT_EQ(reversed.freed[i], last_round + n - i);
        EXPECT_GT(shuffled.freed[i], last_round);
        seen |= 1u << (shuffled.freed[i] - last_round - 1);
        in_place += shuffled.freed[i] == last_round + 1 + i;
    }
    EXPECT_EQ(seen, (1u << n) - 1);
    EXPECT_LT(in_place, n / 2);
}

TEST(benchmark, a_kind_has_seven_rows_in_their_order) {
    toy_allocator toy;
    lent_memory::borrowed = lent_memory::returned = 0;
    const char before = lent_memory::bytes[64], between = lent_memory::bytes[65];
    const measured result("", toy, 10, &lender);
    size_t place = 0;
    for (std::string_view row : {"pair_hot", "allocN", "free_order", "free_rev", "free_rand",
                                 "cold1_alloc", "cold1_free"}) {
        const size_t found = result.text.view().find(row);
        EXPECT_TRUE(found != std::string_view::npos && found >= place);
        place = found;
    }
    EXPECT_EQ(result.lines(), 7u);
    EXPECT_EQ(toy.allocations, 51u * 4 + 3 * 51 * 10 + 31);
    EXPECT_EQ(toy.frees, toy.allocations);
    EXPECT_EQ(toy.shrinks, 31u);
    EXPECT_EQ(lent_memory::borrowed, 1u);
    EXPECT_EQ(lent_memory::returned, 1u);
    EXPECT_EQ(lent_memory::bytes[64], static_cast<char>(before + 2 * 31));
    EXPECT_EQ(lent_memory::bytes[65], between);
}

TEST(benchmark, allocations_are_not_counted_twice) {
    toy_allocator toy;
    const measured result("toy.allocN", toy, 10);
    EXPECT_EQ(toy.allocations, bench_run::rounds * 10u);
    EXPECT_EQ(result.lines(), 1u);
}

TEST(benchmark, a_single_object_has_the_hot_row_only) {
    toy_allocator toy;
    const measured result("*", toy, 1, &lender);
    EXPECT_EQ(result.lines(), 1u);
}

TEST(benchmark, cold_rows_need_memory_to_sweep_with_and_say_so_once) {
    text_buffer<1000> out;
    toy_allocator toy;
    bench_kind kind = toy.kind("toy", 10);
    for (const cache_sweeper* sweeper : {static_cast<const cache_sweeper*>(nullptr), &poor_lender}) {
        bench_run run("*.cold1_*", out, space(), sweeper);
        measure_pairs(run, kind);
        measure_pairs(run, kind);
        EXPECT_TRUE(run.any_wanted());
    }
    EXPECT_TRUE(out.view() ==
                "# no cold rows: nothing here can lend memory to sweep the caches with\n"
                "# no cold rows: no 8 MiB are free to sweep the caches with\n");
    EXPECT_EQ(toy.allocations, 0u);
}

TEST(benchmark, a_lack_of_memory_leaves_nothing_behind) {
    constexpr u32 hot = bench_run::rounds * 4, batches = 3 * bench_run::rounds * 10;
    for (u32 fails_at : {1u, hot, hot + 1, hot + 7, hot + batches, hot + batches + 31}) {
        toy_allocator toy;
        toy.fails_at = fails_at;
        const measured result("*", toy, 10, &lender);
        EXPECT_TRUE(result.has("# toy: no memory for 10 of them\n"));
        EXPECT_EQ(toy.allocations, fails_at);
        EXPECT_EQ(toy.frees, fails_at - 1);
        EXPECT_TRUE(result.wanted);
    }
}

TEST(benchmark, nothing_is_measured_that_nobody_wants) {
    toy_allocator toy;
    const measured result("other.*", toy, 10, &lender);
    EXPECT_EQ(toy.allocations, 0u);
    EXPECT_EQ(result.lines(), 0u);
    EXPECT_FALSE(result.wanted);
}

TEST(benchmark, median_and_least_are_rounded_for_one_operation) {
    text_buffer<200> out;
    bench_run run("*", out, space(), nullptr);
    u64 odd[] = {90, 14, 35, 15, 1000};
    run.report("a.row", odd, 10);
    u64 large[] = {u64{10} << 40, u64{30} << 40};
    run.report("b", large, 4);
    EXPECT_TRUE(out.view() == "bench a.row median=4 min=1 n=5\n"
                              "bench b median=8246337208320 min=2748779069440 n=2\n");
}

// The first three of the generator's paper, then the same again.
TEST(benchmark, random_numbers_begin_anew_with_each_family) {
    text_buffer<10> out;
    bench_run run("*", out, space(), nullptr);
    for (int family = 0; family < 2; ++family) {
        run.begin_family();
        EXPECT_EQ(run.random(), 723471715u);
        EXPECT_EQ(run.random(), 2497366906u);
        EXPECT_EQ(run.random(), 2064144800u);
    }
}

TEST(benchmark, a_loop_is_stirred_before_it_is_measured) {
    text_buffer<200> out;
    bench_run run("loop", out, space(), nullptr);
    u32 calls = 0;
    measure_loop(run, "loop", 64, [&] { ++calls; }, 4);
    EXPECT_EQ(calls, (4 + bench_run::rounds) * 64u);
    EXPECT_TRUE(out.view().starts_with("bench loop median="));
    measure_loop(run, "another", 64, [&] { ++calls; });
    EXPECT_EQ(calls, (4 + bench_run::rounds) * 64u);
}
