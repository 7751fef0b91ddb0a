#include "kernel/sched/pid.hpp"

#include <test.hpp>

namespace {

constexpr u32 few = RESERVED_PIDS + 20;
constinit pid_map map(few);

}  // namespace

TEST(pid, numbers_come_back_late) {
    EXPECT_EQ(map.in_use(), 1u);
    const u32 first = *map.alloc();
    map.free(first);
    const u32 second = *map.alloc();
    EXPECT_EQ(second, first + 1);
    map.free(second);
    u32 last = second;
    while (last + 1 < few) {
        last = *map.alloc();
        map.free(last);
    }
    EXPECT_EQ(*map.alloc(), RESERVED_PIDS);  // once round, not the low ones
    map.free(RESERVED_PIDS);
    EXPECT_EQ(map.in_use(), 1u);
}

TEST(pid, all_can_be_in_use) {
    u32 made = 0;
    while (map.alloc()) ++made;
    EXPECT_GE(made, few - RESERVED_PIDS);
    EXPECT_EQ(map.in_use(), made + 1);
    map.free(RESERVED_PIDS + 3);
    EXPECT_EQ(*map.alloc(), RESERVED_PIDS + 3);
    EXPECT_FALSE(map.alloc().has_value());
    for (u32 pid = few - made; pid < few; ++pid) map.free(pid);
    EXPECT_EQ(map.in_use(), 1u);
}
