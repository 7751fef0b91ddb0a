// The ring buffer against std::deque, and between two threads.
#include "lib/ring_buffer.hpp"

#include "lib/random.hpp"

#include <test.hpp>

#include <deque>
#include <thread>

TEST(ring_buffer_model, agrees_with_deque_over_random_steps) {
    random_source random(5);
    ring_buffer<u32, 16> ring;
    std::deque<u32> model;
    for (int step = 0; step < 20000; ++step) {
        const u32 dice = random.below(100);
        const bool fill = (step / 100) % 2;
        if (dice < (fill ? 60u : 40u)) {
            const u32 value = random.below(1000);
            ASSERT_EQ(ring.push(value), model.size() < 16);
            if (model.size() < 16) model.push_back(value);
        } else if (dice < 99) {
            const auto value = ring.pop();
            ASSERT_EQ(value.has_value(), !model.empty());
            if (!value) continue;
            ASSERT_EQ(*value, model.front());
            model.pop_front();
        } else {
            ring.clear();
            model.clear();
        }
        ring.check_invariants();
        ASSERT_EQ(ring.size(), model.size());
        ASSERT_EQ(ring.empty(), model.empty());
        ASSERT_EQ(ring.full(), model.size() == 16);
    }
}

TEST(ring_buffer_model, loses_nothing_between_two_threads) {
    struct record {
        u32 number;
        u32 complement;  // torn records show
    };
    static ring_buffer<record, 8> ring;
    constexpr u32 total = 50000;
    std::thread writer([] {
        for (u32 i = 0; i < total;) {
            if (ring.push({i, ~i})) ++i;
            else std::this_thread::yield();
        }
    });
    u32 expected = 0, wrong = 0;
    while (expected < total) {
        if (ring.size() > ring.capacity()) ++wrong;
        if (const auto value = ring.pop()) {
            if (value->number != expected || value->complement != ~expected) ++wrong;
            ++expected;
        } else {
            std::this_thread::yield();
        }
    }
    writer.join();
    EXPECT_EQ(wrong, 0u);
    EXPECT_TRUE(ring.empty());
}
