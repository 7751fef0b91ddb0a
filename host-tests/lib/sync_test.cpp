// lib/sync where it must refuse, where it logs, and over eight CPUs at once.
#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"
#include "lib/sync/percpu.hpp"
#include "lib/sync/preempt.hpp"

#include <test.hpp>

#include <map>
#include <thread>
#include <vector>

namespace {

// Plays every CPU in a thread of its own.
template <class Body>
void on_every_cpu(Body body) {
    std::vector<std::thread> threads;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        threads.emplace_back([cpu, &body] {
            host_cpu = cpu;
            body(cpu);
        });
    for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST(preempt_misuse, counts_do_not_go_below_zero) {
    EXPECT_THROW(preempt_enable(), kernel_panic);
    EXPECT_THROW(irq_exit(), kernel_panic);
    preempt_disable();
    EXPECT_THROW(irq_exit(), kernel_panic);
    preempt_enable();
    irq_enter();
    EXPECT_THROW(preempt_enable(), kernel_panic);
    irq_exit();
    EXPECT_EQ(preempt_count(), 0u);
}

TEST(preempt_misuse, interrupts_nest_fifteen_deep) {
    for (int i = 0; i < 15; ++i) irq_enter();
    EXPECT_THROW(irq_enter(), kernel_panic);
    for (int i = 0; i < 15; ++i) irq_exit();
    EXPECT_EQ(preempt_count(), 0u);
}

TEST(preempt_cpus, each_cpu_counts_for_itself) {
    on_every_cpu([](unsigned cpu) {
        for (unsigned i = 0; i < cpu; ++i) preempt_disable();
        for (int i = 0; i < 1000; ++i) {
            preempt_disable();
            preempt_enable();
        }
    });
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        EXPECT_EQ(per_cpu(preempt_count_word, cpu), cpu);
        per_cpu(preempt_count_word, cpu) = 0;
    }
}

TEST(might_sleep_log, names_the_function_and_the_reason) {
    scheduling_possible = true;
    preempt_disable();
    might_sleep("alloc_pages");
    preempt_enable();
    scheduling_possible = false;
    const std::vector<log_line>& log = kernel_log();
    ASSERT_EQ(log.size(), 3u);
    EXPECT_EQ(log[0].text, "BUG: sleeping function called from invalid context: alloc_pages");
    EXPECT_EQ(log[0].level, 3);
    EXPECT_EQ(log[1].text, "  preempt_count 1");
    EXPECT_EQ(log[2].text, "Backtrace: none on the host");
}

TEST(percpu_misuse, only_what_was_allocated_is_freed) {
    static percpu_space space;
    const size_t first = *space.alloc(16, 4), second = *space.alloc(16, 4);
    EXPECT_THROW(space.free(first + 4), kernel_panic);
    EXPECT_THROW(space.free(first + 1), kernel_panic);
    EXPECT_THROW(space.free(second + 16), kernel_panic);
    EXPECT_THROW(space.free(PERCPU_DYNAMIC_SIZE), kernel_panic);
    space.free(first);
    EXPECT_THROW(space.free(first), kernel_panic);
    EXPECT_THROW((void)space.alloc(0, 4), kernel_panic);
    EXPECT_THROW((void)space.alloc(4, 128), kernel_panic);
    space.free(second);
    EXPECT_EQ(space.free_bytes(), PERCPU_DYNAMIC_SIZE);
}

// Against a map of what is in use: no overlap, nothing lost, null only when there is
// no place.
TEST(percpu_model, agrees_with_a_map_over_random_steps) {
    static percpu_space space;
    std::map<size_t, size_t> model;  // offset to size in whole units
    const auto has_place = [&](size_t size, size_t align) {
        size_t from = 0;
        for (const auto& [offset, length] : model) {
            if (align_up(from, align) + size <= offset) return true;
            from = offset + length;
        }
        return align_up(from, align) + size <= PERCPU_DYNAMIC_SIZE;
    };
    random_source random(7);
    for (int step = 0; step < 20000; ++step) {
        const bool grow = random.below(100) < ((step / 500) % 2 ? 65u : 40u);
        if (grow || model.empty()) {
            const size_t align = size_t{1} << random.below(7);
            const size_t size = random.between(1, 200);
            const auto offset = space.alloc(size, align);
            const size_t whole = align_up(size, 4);
            ASSERT_EQ(offset.has_value(), has_place(whole, max_of<size_t>(align, 4)));
            if (!offset) continue;
            ASSERT_EQ(*offset % align, 0u);
            const auto next = model.lower_bound(*offset);
            ASSERT_TRUE(next == model.end() || *offset + whole <= next->first);
            ASSERT_TRUE(next == model.begin() ||
                        std::prev(next)->first + std::prev(next)->second <= *offset);
            model[*offset] = whole;
        } else {
            const auto victim = std::next(model.begin(), random.below(u32(model.size())));
            space.free(victim->first);
            model.erase(victim);
        }
        if (step % 16 == 0) space.check_invariants();
    }
    size_t used = 0;
    for (const auto& [offset, length] : model) used += length;
    EXPECT_EQ(space.free_bytes(), PERCPU_DYNAMIC_SIZE - used);
}

TEST(percpu_cpus, each_cpu_has_its_copy_and_the_area_is_shared_safely) {
    constexpr u32 rounds = 300;
    const size_t free_before = the_percpu_space().free_bytes();
    per_cpu_var<u32>* const shared = alloc_percpu<u32>();
    on_every_cpu([&](unsigned cpu) {
        for (u32 i = 0; i < rounds; ++i) {
            this_cpu_add(*shared, 1);
            per_cpu_var<u64>* const own = alloc_percpu<u64>();
            if (!own) continue;
            *this_cpu_ptr(own) = cpu;
            std::this_thread::yield();
            if (*this_cpu_ptr(own) == cpu) this_cpu_add(*shared, 1000);
            free_percpu(own);
        }
    });
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        EXPECT_EQ(*per_cpu_ptr(shared, cpu), rounds * 1001);
    free_percpu(shared);
    EXPECT_EQ(the_percpu_space().free_bytes(), free_before);
    the_percpu_space().check_invariants();
}
