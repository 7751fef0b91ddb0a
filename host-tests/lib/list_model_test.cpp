// The list against std::deque, by random steps; and its detectors, by corruption.
#include "lib/list.hpp"

#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <algorithm>
#include <deque>
#include <vector>

namespace {

struct item {
    int number;
    list_head link;
};
using item_list = list<item, &item::link>;

struct pair_of_lists {
    item_list real[2];
    std::deque<item*> model[2];

    void compare() {
        for (int which : {0, 1}) {
            real[which].check_invariants();
            std::deque<item*> seen;
            for (item& e : real[which]) seen.push_back(&e);
            ASSERT_EQ(seen, model[which]);
            ASSERT_EQ(real[which].count(), model[which].size());
            ASSERT_EQ(real[which].empty(), model[which].empty());
        }
    }
};

}  // namespace

TEST(list_model, agrees_with_deque_over_random_steps) {
    random_source random(42);
    pair_of_lists both;
    std::vector<item> items(40);
    std::vector<item*> spare;
    for (item& e : items) spare.push_back(&e);

    for (int step = 0; step < 20000; ++step) {
        const int which = random.below(2);
        item_list& real = both.real[which];
        std::deque<item*>& model = both.model[which];
        switch (random.below(10)) {
            case 0:
            case 1: {
                if (spare.empty()) break;
                item* const e = spare.back();
                spare.pop_back();
                const size_t at = random.below(model.size() + 1);
                if (at == 0) real.push_front(*e);
                else if (at == model.size()) real.push_back(*e);
                else if (random.below(2)) item_list::insert_before(*model[at], *e);
                else item_list::insert_after(*model[at - 1], *e);
                model.insert(model.begin() + at, e);
                break;
            }
            case 2: {
                item* const e = real.pop_front();
                ASSERT_EQ(e, model.empty() ? nullptr : model.front());
                if (e) model.pop_front(), spare.push_back(e);
                break;
            }
            case 3: {
                item* const e = real.pop_back();
                ASSERT_EQ(e, model.empty() ? nullptr : model.back());
                if (e) model.pop_back(), spare.push_back(e);
                break;
            }
            case 4: {
                if (model.empty()) break;
                const size_t at = random.below(model.size());
                item_list::erase(*model[at]);
                spare.push_back(model[at]);
                model.erase(model.begin() + at);
                break;
            }
            case 5: {
                if (model.empty()) break;
                const size_t at = random.below(model.size());
                item* const e = model[at];
                const int target = random.below(2);
                model.erase(model.begin() + at);
                both.real[target].move_to_front(*e);
                both.model[target].push_front(e);
                break;
            }
            case 6: {
                if (model.empty()) break;
                const size_t at = random.below(model.size());
                item* const e = model[at];
                const int target = random.below(2);
                model.erase(model.begin() + at);
                both.real[target].move_to_back(*e);
                both.model[target].push_back(e);
                break;
            }
            case 7: {
                if (random.below(8)) break;
                std::deque<item*>& other = both.model[1 - which];
                if (random.below(2)) {
                    real.splice_back(both.real[1 - which]);
                    model.insert(model.end(), other.begin(), other.end());
                } else {
                    real.splice_front(both.real[1 - which]);
                    model.insert(model.begin(), other.begin(), other.end());
                }
                other.clear();
                break;
            }
            case 8: {
                if (random.below(8)) break;
                const auto goes = [](const item* e) { return (e->number & 3) == 0; };
                for (item& e : real.safe()) {
                    if (!goes(&e)) continue;
                    item_list::erase(e);
                    spare.push_back(&e);
                }
                std::erase_if(model, goes);
                break;
            }
            case 9: {
                if (model.empty() || spare.empty()) break;
                item* const fresh = spare.back();
                const size_t at = random.below(model.size());
                item_list::replace(*model[at], *fresh);
                spare.back() = model[at];
                model[at] = fresh;
                break;
            }
        }
        for (item* e : spare) e->number = static_cast<int>(random.below(1000));
        both.compare();
        if (HasFatalFailure()) return;
    }
}

TEST(list_detectors, report_a_second_erase) {
    item_list numbers;
    item a, b;
    numbers.push_back(a);
    numbers.push_back(b);
    item_list::erase(a);
    EXPECT_THROW(item_list::erase(a), kernel_panic);
    numbers.check_invariants();
}

TEST(list_detectors, report_an_element_that_is_pushed_twice_in_a_row) {
    item_list numbers;
    item a;
    numbers.push_back(a);
    EXPECT_THROW(numbers.push_back(a), kernel_panic);
    EXPECT_THROW(numbers.push_front(a), kernel_panic);
}

TEST(list_detectors, report_a_neighbour_that_does_not_link_back) {
    item_list numbers;
    item a, b, c;
    for (item* e : {&a, &b, &c}) numbers.push_back(*e);
    c.link.prev = &a.link;
    EXPECT_THROW(item_list::erase(b), kernel_panic);
    EXPECT_THROW(numbers.check_invariants(), kernel_panic);
    c.link.prev = &b.link;
    a.link.next = &c.link;
    EXPECT_THROW(item_list::erase(b), kernel_panic);
    EXPECT_THROW(item_list::insert_before(b, a), kernel_panic);
    EXPECT_THROW(numbers.check_invariants(), kernel_panic);
}

TEST(list_detectors, report_a_null_link_and_a_list_spliced_into_itself) {
    item_list numbers;
    item a;
    numbers.push_back(a);
    EXPECT_THROW(numbers.splice_back(numbers), kernel_panic);
    a.link.next = nullptr;
    EXPECT_THROW(numbers.check_invariants(), kernel_panic);
}
