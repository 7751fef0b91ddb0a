// The accessors of <cpu/percpu.hpp> as they are on the machine; the host has others.
#include <cpu/percpu.hpp>

#include "lib/sync/percpu.hpp"

#include <test.hpp>

namespace {

struct counters {
    u32 hits, misses;
};

DEFINE_PER_CPU(u32, number) = {7};
DEFINE_PER_CPU(counters, pair) = {{1, 2}};

}  // namespace

TEST(percpu, a_copy_begins_as_the_template_and_is_another_place) {
    EXPECT_EQ(this_cpu(pair).hits, 1u);
    EXPECT_EQ(this_cpu(pair).misses, 2u);
    EXPECT_NE(&this_cpu(number), &number.initial);
    EXPECT_EQ(&this_cpu(number), &per_cpu(number, smp_processor_id()));
    this_cpu_write(number, 8);
    EXPECT_EQ(number.initial, 7u);
    this_cpu_write(number, 7);
}

// Each line depends on the compiler not keeping what it knew from the line before.
TEST(percpu, instructions_and_references_see_each_other) {
    u32& reference = this_cpu(number);
    reference = 1;
    EXPECT_EQ(this_cpu_read(number), 1u);
    this_cpu_write(number, 2);
    EXPECT_EQ(reference, 2u);
    reference = 3;
    this_cpu_add(number, 10);
    EXPECT_EQ(reference, 13u);
    this_cpu_add(number, ~u32{0});
    EXPECT_EQ(per_cpu(number, smp_processor_id()), 12u);
    EXPECT_EQ(this_cpu_read(number), 12u);
    reference = 7;
    EXPECT_EQ(this_cpu_read(number), 7u);
}

TEST(percpu, neighbours_are_left_alone) {
    this_cpu(pair) = {5, 6};
    this_cpu_write(number, ~u32{0});
    this_cpu_add(number, 1);
    EXPECT_EQ(this_cpu_read(number), 0u);
    EXPECT_EQ(this_cpu(pair).hits, 5u);
    EXPECT_EQ(this_cpu(pair).misses, 6u);
    EXPECT_EQ(pair.initial.hits, 1u);
    this_cpu(pair) = {1, 2};
    this_cpu_write(number, 7);
}

// What %fs reaches is the CPU's own place, behind its static variables.
TEST(percpu, dynamic_variables_are_reached_through_the_same_segment) {
    per_cpu_var<u32>* const variable = alloc_percpu<u32>();
    ASSERT_TRUE(variable != nullptr);
    this_cpu_write(*variable, 5);
    this_cpu_add(*variable, 2);
    EXPECT_EQ(this_cpu_read(*variable), 7u);
    EXPECT_EQ(*this_cpu_ptr(variable), 7u);
    EXPECT_EQ(this_cpu_ptr(variable), per_cpu_ptr(variable, smp_processor_id()));
    const uintptr_t name = reinterpret_cast<uintptr_t>(variable);
    const uintptr_t place = reinterpret_cast<uintptr_t>(this_cpu_ptr(variable));
    EXPECT_EQ(place - name, __per_cpu_offset[smp_processor_id()]);
    EXPECT_GE(name, reinterpret_cast<uintptr_t>(__per_cpu_end));
    *this_cpu_ptr(variable) = 0;
    free_percpu(variable);
}
