#include "lib/scope_guard.hpp"

#include <test.hpp>

namespace {

int halves(int value, bool keep, int& undone) {
    scope_guard undo([&] { ++undone; });
    if (value % 2) return -1;
    if (keep) undo.dismiss();
    return value / 2;
}

}  // namespace

TEST(scope_guard, undoes_on_every_way_out_unless_dismissed) {
    int undone = 0;
    EXPECT_EQ(halves(3, true, undone), -1);
    EXPECT_EQ(undone, 1);
    EXPECT_EQ(halves(4, false, undone), 2);
    EXPECT_EQ(undone, 2);
    EXPECT_EQ(halves(4, true, undone), 2);
    EXPECT_EQ(undone, 2);
}

TEST(scope_guard, undoes_in_reverse_order) {
    int order = 0;
    {
        scope_guard first([&] { order = order * 10 + 1; });
        scope_guard second([&] { order = order * 10 + 2; });
        EXPECT_EQ(order, 0);
    }
    EXPECT_EQ(order, 21);
}
