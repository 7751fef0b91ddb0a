#include "lib/sync/percpu.hpp"

#include <test.hpp>

namespace {

constinit percpu_space space;  // empty again after each test

// How many more allocations of this kind fit.
u32 fill(size_t size, size_t align, size_t* last) {
    u32 count = 0;
    while (const auto offset = space.alloc(size, align)) {
        *last = *offset;
        ++count;
    }
    return count;
}

struct counters {
    u32 hits, misses;
    u64 bytes;
};

}  // namespace

TEST(percpu_space, takes_the_lowest_place_that_fits) {
    const auto a = space.alloc(4, 4), b = space.alloc(12, 4), c = space.alloc(1, 1);
    EXPECT_EQ(*a, 0u);
    EXPECT_EQ(*b, 4u);
    EXPECT_EQ(*c, 16u);
    space.check_invariants();
    space.free(*b);
    EXPECT_EQ(*space.alloc(8, 4), 4u);
    EXPECT_EQ(*space.alloc(8, 4), 20u);
    EXPECT_EQ(*space.alloc(3, 1), 12u);
    space.check_invariants();
    for (size_t offset : {0u, 4u, 12u, 16u, 20u}) space.free(offset);
    EXPECT_EQ(space.free_bytes(), PERCPU_DYNAMIC_SIZE);
    space.check_invariants();
}

TEST(percpu_space, keeps_alignments) {
    const auto small = space.alloc(4, 4);
    for (size_t align : {8u, 16u, 32u, 64u}) {
        const auto offset = space.alloc(4, align);
        EXPECT_EQ(*offset % align, 0u);
        EXPECT_EQ(*offset, align);
        space.free(*offset);
    }
    space.free(*small);
    space.check_invariants();
}

TEST(percpu_space, is_full_at_its_last_unit_and_can_be_used_again) {
    size_t last = 0;
    EXPECT_EQ(fill(64, 64, &last), PERCPU_DYNAMIC_SIZE / 64);
    EXPECT_EQ(last, PERCPU_DYNAMIC_SIZE - 64);
    EXPECT_EQ(space.free_bytes(), 0u);
    EXPECT_FALSE(space.alloc(1, 1).has_value());
    space.check_invariants();
    space.free(128);
    EXPECT_EQ(space.free_bytes(), 64u);
    EXPECT_FALSE(space.alloc(68, 4).has_value());
    EXPECT_EQ(*space.alloc(64, 4), 128u);
    for (size_t offset = 0; offset < PERCPU_DYNAMIC_SIZE; offset += 64) space.free(offset);
    EXPECT_EQ(space.free_bytes(), PERCPU_DYNAMIC_SIZE);
    EXPECT_FALSE(space.alloc(PERCPU_DYNAMIC_SIZE + 1, 4).has_value());
    EXPECT_EQ(*space.alloc(PERCPU_DYNAMIC_SIZE, 64), 0u);
    space.free(0);
    space.check_invariants();
}

TEST(percpu_space, neighbours_are_freed_one_by_one) {
    for (size_t offset = 0; offset < 32; offset += 8) EXPECT_EQ(*space.alloc(8, 8), offset);
    const size_t before = space.free_bytes();
    space.free(8);
    EXPECT_EQ(space.free_bytes(), before + 8);
    space.free(0);
    EXPECT_EQ(space.free_bytes(), before + 16);
    space.free(24);
    space.free(16);
    EXPECT_EQ(space.free_bytes(), PERCPU_DYNAMIC_SIZE);
    space.check_invariants();
}

TEST(percpu_alloc, every_copy_is_zeroed_also_where_another_was_before) {
    const size_t before = the_percpu_space().free_bytes();
    for (int round = 0; round < 2; ++round) {
        per_cpu_var<counters>* const variable = alloc_percpu<counters>();
        ASSERT_TRUE(variable != nullptr);
        for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
            counters& copy = *per_cpu_ptr(variable, cpu);
            EXPECT_EQ(copy.hits, 0u);
            EXPECT_EQ(copy.misses, 0u);
            EXPECT_EQ(copy.bytes, 0u);
            copy = {1, 2, 3};
        }
        EXPECT_EQ(this_cpu_ptr(variable), per_cpu_ptr(variable, smp_processor_id()));
        free_percpu(variable);
    }
    EXPECT_EQ(the_percpu_space().free_bytes(), before);
    the_percpu_space().check_invariants();
}

TEST(percpu_alloc, variables_do_not_share_their_bytes) {
    constexpr u32 count = 8;
    per_cpu_var<u32>* variables[count];
    for (u32 i = 0; i < count; ++i) {
        variables[i] = alloc_percpu<u32>();
        ASSERT_TRUE(variables[i] != nullptr);
        for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
            *per_cpu_ptr(variables[i], cpu) = i * 100 + cpu;
    }
    for (u32 i = 0; i < count; ++i) {
        for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
            EXPECT_EQ(*per_cpu_ptr(variables[i], cpu), i * 100 + cpu);
        free_percpu(variables[i]);
    }
}

TEST(percpu_alloc, a_full_area_gives_null_and_recovers) {
    struct large {
        u32 words[PERCPU_DYNAMIC_SIZE / 16];
    };
    const size_t before = the_percpu_space().free_bytes();
    per_cpu_var<large>* variables[4] = {};
    u32 count = 0;
    while (count < 4 && (variables[count] = alloc_percpu<large>())) ++count;
    EXPECT_GE(count, 1u);
    EXPECT_EQ(count == 4, before == PERCPU_DYNAMIC_SIZE);
    EXPECT_TRUE(alloc_percpu<large>() == nullptr);
    for (per_cpu_var<large>* variable : variables) free_percpu(variable);
    EXPECT_EQ(the_percpu_space().free_bytes(), before);
    the_percpu_space().check_invariants();
}

// Who makes a variable frees it.
REGISTER(conserved, percpu_conserved) = {
    .name = "free per-CPU bytes",
    .count = []() -> u64 { return the_percpu_space().free_bytes(); },
    .check = [] { the_percpu_space().check_invariants(); },
};
