// Per-CPU variables of the simulated machine: one copy a CPU, threads as CPUs.
#include <cpu/percpu.hpp>

#include "lib/types.hpp"

#include <test.hpp>

#include <thread>
#include <vector>

namespace {

struct counters {
    u32 hits;
    u32 misses;
};

DEFINE_PER_CPU(u32, events);
DEFINE_PER_CPU(u32, limit){7};
DEFINE_PER_CPU(counters, cache_counters);

}  // namespace

TEST(percpu, every_copy_begins_with_the_initial_value) {
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        EXPECT_EQ(per_cpu(events, cpu), 0u);
        EXPECT_EQ(per_cpu(limit, cpu), 7u);
        EXPECT_EQ(per_cpu(cache_counters, cpu).hits, 0u);
    }
}

TEST(percpu, this_cpu_is_the_copy_of_the_cpu_one_is_on) {
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        host_cpu = cpu;
        this_cpu_write(events, 100 + cpu);
        this_cpu_add(events, 1);
        this_cpu(cache_counters).hits = cpu;
    }
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        EXPECT_EQ(per_cpu(events, cpu), 101 + cpu);
        EXPECT_EQ(per_cpu(cache_counters, cpu).hits, cpu);
        host_cpu = cpu;
        EXPECT_EQ(this_cpu_read(events), 101 + cpu);
        EXPECT_EQ(&this_cpu(events), &per_cpu(events, cpu));
        this_cpu_write(events, 0);
        this_cpu(cache_counters) = {};
    }
    host_cpu = 0;
}

TEST(percpu, cpus_count_without_a_lock) {
    constexpr u32 rounds = 10000;
    std::vector<std::thread> threads;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        threads.emplace_back([cpu] {
            host_cpu = cpu;
            for (u32 i = 0; i < rounds; ++i) {
                this_cpu_add(events, 1);
                ++this_cpu(cache_counters).misses;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    u32 total = 0;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        total += per_cpu(events, cpu);
        EXPECT_EQ(per_cpu(cache_counters, cpu).misses, rounds);
        per_cpu(events, cpu) = 0;
    }
    EXPECT_EQ(total, NR_CPUS * rounds);
}
