// The interval tree against looking at all intervals, one by one.
#include "lib/interval_tree.hpp"

#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <algorithm>
#include <vector>

namespace {

struct span {
    u32 first, last;
    u32 order;  // of insertion
    u32 reach = 0;
    rb_node rb{};
};
struct of_span {
    static u32 first(const span& s) { return s.first; }
    static u32 last(const span& s) { return s.last; }
    static u32& subtree_last(span& s) { return s.reach; }
};
using span_tree = interval_tree<span, &span::rb, of_span>;

void random_steps(u64 seed, u32 spans, u32 points, u32 longest, u32 steps) {
    random_source random(seed);
    std::vector<span> room(spans);
    std::vector<span*> spare, in;
    for (span& s : room) spare.push_back(&s);
    span_tree tree;
    for (u32 step = 0; step < steps; ++step) {
        if (random.below(spans) >= in.size() && !spare.empty()) {
            span* const s = spare.back();
            spare.pop_back();
            const u32 first = random.below(points);
            *s = {first, first + random.below(longest), step, 77, {}};
            tree.insert(*s);
            in.push_back(s);
        } else {
            const u32 which = random.below(in.size());
            tree.erase(*in[which]);
            spare.push_back(in[which]);
            in.erase(in.begin() + which);
        }
        tree.check_invariants();

        const u32 first = random.below(points), last = first + random.below(longest);
        std::vector<span*> expected;
        std::ranges::copy_if(in, std::back_inserter(expected), [&](const span* s) {
            return s->first <= last && first <= s->last;
        });
        std::ranges::sort(expected, [](const span* a, const span* b) {
            return std::pair(a->first, a->order) < std::pair(b->first, b->order);
        });
        std::vector<span*> found;
        for (span* at = tree.iter_first(first, last); at;
             at = span_tree::iter_next(*at, first, last))
            found.push_back(at);
        ASSERT_EQ(found, expected) << "seed " << seed << ", step " << step;
    }
}

}  // namespace

TEST(interval_tree_model, agrees_with_looking_at_all) {
    random_steps(1, 60, 100, 10, 20000);
    random_steps(2, 60, 1000, 500, 20000);
    random_steps(3, 10, 12, 5, 20000);
    random_steps(4, 300, 1u << 30, 1u << 22, 3000);
}

TEST(interval_tree_model, names_a_reach_that_is_stale) {
    span spans[] = {{2, 5, 0}, {1, 9, 1}, {3, 4, 2}};
    span_tree tree;
    for (span& s : spans) tree.insert(s);
    spans[1].last = 7;
    EXPECT_THROW(tree.check_invariants(), kernel_panic);
}
