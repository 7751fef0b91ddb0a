#include "lib/fault_injection.hpp"

#include <test.hpp>

namespace {

constexpr u32 size = 4096;

// Asks for nothing any more when it goes: its CPU would be careful for good.
class test_attr : public fault_attr {
public:
    test_attr() : fault_attr("attr") {}
    ~test_attr() {
        set(fault_settings{});
        set_nth(0);
    }
};

// How many of `calls` calls fail.
u32 failures_of(fault_attr& attr, u32 calls) {
    u32 failures = 0;
    for (u32 i = 0; i < calls; ++i) failures += attr.should_fail(size);
    attr.check_invariants();
    return failures;
}

}  // namespace

TEST(fault_injection, nothing_fails_unless_asked_for) {
    test_attr attr;
    EXPECT_EQ(failures_of(attr, 1000), 0u);
    EXPECT_EQ(attr.calls(), 0u);
}

TEST(fault_injection, the_nth_call_fails_and_that_one_only) {
    test_attr attr;
    for (u32 n = 1; n <= 5; ++n) {
        fail_nth armed(attr, n);
        for (u32 call = 1; call <= 8; ++call) {
            EXPECT_EQ(armed.failed(), call > n);
            EXPECT_EQ(attr.should_fail(size), call == n);
        }
        attr.check_invariants();
    }
    EXPECT_EQ(attr.failures(), 5u);
    EXPECT_EQ(attr.calls(), 1u + 2 + 3 + 4 + 5);
}

TEST(fault_injection, a_failure_that_did_not_come_is_taken_back) {
    test_attr attr;
    {
        fail_nth armed(attr, 3);
        EXPECT_FALSE(attr.should_fail(size));
        EXPECT_FALSE(armed.failed());
    }
    EXPECT_EQ(failures_of(attr, 10), 0u);
    attr.check_invariants();
}

TEST(fault_injection, probability_is_per_cent) {
    test_attr attr;
    attr.set({.probability = 100, .times = -1});
    EXPECT_EQ(failures_of(attr, 500), 500u);
    attr.set({.probability = 25, .times = -1});
    const u32 quarter = failures_of(attr, 4000);
    EXPECT_GT(quarter, 900u);
    EXPECT_LT(quarter, 1100u);
    attr.set({.probability = 0, .times = -1});
    EXPECT_EQ(failures_of(attr, 500), 0u);
    EXPECT_EQ(attr.calls(), 4500u);
    EXPECT_EQ(attr.failures(), 500 + quarter);
}

TEST(fault_injection, the_same_settings_fail_the_same_calls) {
    test_attr first, second;
    second.set({.probability = 50, .times = -1});
    failures_of(second, 17);
    for (fault_attr* attr : {&first, &second}) attr->set({.probability = 50, .times = -1});
    for (int i = 0; i < 200; ++i)
        EXPECT_EQ(first.should_fail(size), second.should_fail(size));
}

TEST(fault_injection, every_intervalth_call_fails) {
    test_attr attr;
    attr.set({.interval = 3, .probability = 100, .times = -1});
    for (int i = 1; i <= 12; ++i) EXPECT_EQ(attr.should_fail(size), i % 3 == 0);
    attr.set({.interval = 0, .probability = 100, .times = -1});
    EXPECT_EQ(failures_of(attr, 5), 5u);
}

TEST(fault_injection, space_is_handed_out_first) {
    test_attr attr;
    attr.set({.interval = 2, .probability = 100, .space = 3 * size, .times = -1});
    const bool expected[] = {false, false, false, true, false, true};
    for (bool fails : expected) EXPECT_EQ(attr.should_fail(size), fails);
    EXPECT_EQ(attr.settings().space, size);  // the rest, too small for a call
}

TEST(fault_injection, times_is_a_limit) {
    test_attr attr;
    attr.set({.probability = 100, .times = 4});
    EXPECT_EQ(failures_of(attr, 10), 4u);
    EXPECT_EQ(attr.calls(), 4u);  // disarmed by the last
    attr.set({.probability = 100, .times = 0});
    EXPECT_EQ(failures_of(attr, 10), 0u);
}

TEST(fault_injection, chance_and_number_go_together) {
    test_attr attr;
    attr.set({.interval = 2, .probability = 100, .times = -1});
    fail_nth armed(attr, 3);
    // The call that fails by number is not one of the interval's.
    const bool expected[] = {false, true, true, false, true, false};
    for (bool fails : expected) EXPECT_EQ(attr.should_fail(size), fails);
    attr.check_invariants();
}

TEST(fault_injection, each_point_of_a_body_is_failed_once) {
    test_attr attr;
    constexpr u32 points = 6;
    u32 runs = 0, completed = 0, failed_at[points] = {}, held = 0;
    const u32 visited = for_each_failure(attr, [&] {
        ++runs;
        const u32 before = held;
        for (u32 point = 0; point < points; ++point) {
            if (attr.should_fail(size)) {
                ++failed_at[point];
                held = before;  // unwinds
                return;
            }
            ++held;
        }
        ++completed;
        held = before;
    });
    EXPECT_EQ(visited, points);
    EXPECT_EQ(runs, points + 1);
    EXPECT_EQ(completed, 1u);
    EXPECT_EQ(held, 0u);
    for (u32 failures : failed_at) EXPECT_EQ(failures, 1u);
    EXPECT_FALSE(attr.should_fail(size));
    EXPECT_EQ(for_each_failure(attr, [] {}), 0u);
}

// A body that tries again meets one failure a run, and completes each time.
TEST(fault_injection, a_body_that_retries_comes_to_its_end) {
    test_attr attr;
    u32 runs = 0;
    const u32 visited = for_each_failure(attr, [&] {
        ++runs;
        for (int step = 0; step < 3; ++step)
            while (attr.should_fail(size)) continue;
    });
    EXPECT_EQ(visited, 3u);
    EXPECT_EQ(runs, 4u);
}

TEST(fault_injection, settings_are_read_from_the_command_line) {
    constexpr struct {
        std::string_view text;
        fault_settings settings;
    } good[] = {
        {"1,100,0,-1", {1, 100, 0, -1}},
        {"10,50,4096,7", {10, 50, 4096, 7}},
        {"0,0,0,0", {0, 0, 0, 0}},
        {"0x10,1,4294967295,2147483647", {16, 1, 4294967295, 2147483647}},
    };
    for (const auto& row : good) {
        test_attr attr;
        EXPECT_TRUE(attr.set(row.text));
        EXPECT_TRUE(attr.settings() == row.settings);
        attr.check_invariants();
    }
}

TEST(fault_injection, malformed_settings_change_nothing) {
    test_attr attr;
    const fault_settings before = {2, 30, 400, 5};
    attr.set(before);
    for (std::string_view text :
         {"", "1", "1,2,3", "1,2,3,4,5", "1,2,3,", ",,,", "a,1,1,1", "1,101,0,1", "-1,1,1,1",
          "1,1,-1,1", "1,1,1,-2", "1,1,1,--1", "1, 1,1,1", "1,1,1,1 ", "4294967296,1,1,1",
          "1,1,1,2147483648", "1,1,1,4294967295"}) {
        EXPECT_FALSE(attr.set(text));
        EXPECT_TRUE(attr.settings() == before);
    }
}
