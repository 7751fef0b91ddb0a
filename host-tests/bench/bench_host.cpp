// `make bench-host`: what kmalloc costs on this host, beside the allocators that others
// use (allocators.hpp).
//
//     pair N       one object of N bytes is allocated, its first byte is written, and it
//                  is freed; again and again, so all is in the caches
//     cache 32     the same by kmem_cache_alloc and kmem_cache_free, which only we have
//     mix 2^n      4096 objects of 8 ... 4096 bytes are alive; one, anywhere among them,
//                  is freed, and another one allocated, its first byte written. Sizes are
//                  powers of two, each alike (the kernel's kmalloc_mix_8-4096_live4096)
//     mix          the same, but any size alike
//
// What is freed and allocated in the mixes was drawn beforehand, and is the same for all.
//
// It is a bench, not a test: it says who is ahead, and that is no reason to fail.
#include "host-tests/bench/allocators.hpp"
#include "host-tests/bench/results.hpp"
#include "host-tests/support/kernel_memory.hpp"
#include "lib/random.hpp"
#include "mm/slab/kmem_cache.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>

namespace {

constexpr size_t pair_sizes[] = {32, 64, 256, 1024};
constexpr size_t live_objects = 4096;
constexpr size_t mix_steps = 16384;
// A repetition takes a millisecond or two: some of many are not disturbed.
constexpr size_t pair_iterations = 1 << 18;
constexpr size_t mix_iterations = 4 * mix_steps;

void touch(void* object) { *static_cast<volatile char*>(object) = 1; }

void run_pair(benchmark::State& state, allocator who, size_t size) {
    for (auto _ : state) {
        void* const object = who.alloc(size);
        touch(object);
        who.free(object);
    }
}

void run_cache_pair(benchmark::State& state, size_t size) {
    kmem_cache* const cache = kmem_cache_create("bench", size, 0, SLAB_NO_MERGE, nullptr);
    for (auto _ : state) {
        void* const object = kmem_cache_alloc(cache, GFP_KERNEL);
        touch(object);
        kmem_cache_free(cache, object);
    }
    kmem_cache_destroy(cache);
}

struct mix_step {
    u16 object;
    u16 size;
};

struct mix {
    u16 first_sizes[live_objects];
    mix_step steps[mix_steps];
};

enum class sizes { powers_of_two, any };

mix draw_mix(sizes which) {
    static constexpr u32 least = 8, powers = 10, most = least << (powers - 1);
    random_source random(1);
    const auto size = [&] {
        return static_cast<u16>(which == sizes::any ? random.between(least, most)
                                                    : least << random.below(powers));
    };
    mix drawn;
    for (u16& first : drawn.first_sizes) first = size();
    for (mix_step& step : drawn.steps)
        step = {static_cast<u16>(random.below(live_objects)), size()};
    return drawn;
}

void run_mix(benchmark::State& state, allocator who, const mix& drawn) {
    static void* objects[live_objects];
    for (size_t i = 0; i < live_objects; ++i) objects[i] = who.alloc(drawn.first_sizes[i]);
    size_t next = 0;
    for (auto _ : state) {
        const mix_step step = drawn.steps[next++ % mix_steps];
        void*& object = objects[step.object];
        who.free(object);
        object = who.alloc(step.size);
        touch(object);
    }
    for (void* const object : objects) who.free(object);
}

template <class Body>
void add(std::vector<std::string>& rows, const std::string& row, const char* column,
         size_t iterations, Body body) {
    if (rows.empty() || rows.back() != row) rows.push_back(row);
    const std::string name = row + "/" + column;
    benchmark::RegisterBenchmark(name.c_str(), body)->Iterations(iterations);
}

// The rows, in their order.
std::vector<std::string> add_all(const std::vector<allocator>& all) {
    static const mix powers = draw_mix(sizes::powers_of_two), any = draw_mix(sizes::any);
    std::vector<std::string> rows;
    add(rows, "cache 32", all.front().name, pair_iterations,
        [](benchmark::State& state) { run_cache_pair(state, 32); });
    for (const size_t size : pair_sizes)
        for (const allocator& who : all)
            add(rows, "pair " + std::to_string(size), who.name, pair_iterations,
                [=](benchmark::State& state) { run_pair(state, who, size); });
    for (const allocator& who : all)
        add(rows, "mix 2^n", who.name, mix_iterations,
            [=](benchmark::State& state) { run_mix(state, who, powers); });
    for (const allocator& who : all)
        add(rows, "mix", who.name, mix_iterations,
            [=](benchmark::State& state) { run_mix(state, who, any); });
    return rows;
}

// The words of the command line come behind these, and so win.
std::vector<char*> with_defaults(int argc, char** argv) {
    static char defaults[][64] = {"--benchmark_enable_random_interleaving=true",
                                  "--benchmark_repetitions=100"};
    std::vector<char*> words{argv[0]};
    for (char* word : defaults) words.push_back(word);
    words.insert(words.end(), argv + 1, argv + argc);
    return words;
}

}  // namespace

int main(int argc, char** argv) {
    std::string problems;
    const std::vector<allocator> all = open_allocators(problems);
    if (!problems.empty()) {
        printf("%sWhat is missing: sh tools/deps bench. To run this: make bench-host\n",
               problems.c_str());
        return 1;
    }
    std::vector<char*> words = with_defaults(argc, argv);
    int count = static_cast<int>(words.size());
    benchmark::Initialize(&count, words.data());
    if (benchmark::ReportUnrecognizedArguments(count, words.data())) return 2;
    set_up_kernel_memory();

    std::vector<std::string> columns;
    for (const allocator& who : all) columns.push_back(who.name);
    results table(add_all(all), columns, "pair");
    benchmark::RunSpecifiedBenchmarks(&table);
    table.print();
}
