#include "lib/registry.hpp"

#include <test.hpp>

struct registry_probe {
    const char* name;
    int number;
};
DECLARE_REGISTRY(registry_probe);

// Nobody registers one of these.
struct lonely_probe {};
DECLARE_REGISTRY(lonely_probe);

REGISTER(registry_probe, first_probe) = {.name = "first", .number = 1};
REGISTER(registry_probe, second_probe) = {.name = "second", .number = 20};

namespace {

REGISTER(registry_probe, hidden_probe) = {.name = "hidden", .number = 300};

}  // namespace

TEST(registry, holds_each_registered_object_once) {
    int sum = 0;
    for (const registry_probe* probe : registered<registry_probe>()) {
        ASSERT_TRUE(probe != nullptr);
        sum += probe->number;
    }
    EXPECT_EQ(sum, 321);
    EXPECT_EQ(registered<registry_probe>().size(), 3u);
}

TEST(registry, points_at_the_objects_themselves) {
    bool found = false;
    for (const registry_probe* probe : registered<registry_probe>())
        found |= probe == &second_probe;
    EXPECT_TRUE(found);
    EXPECT_STREQ(second_probe.name, "second");
    EXPECT_STREQ(first_probe.name, "first");
    EXPECT_EQ(hidden_probe.number, 300);
}

TEST(registry, is_empty_where_nobody_registered) {
    EXPECT_TRUE(registered<lonely_probe>().empty());
}
