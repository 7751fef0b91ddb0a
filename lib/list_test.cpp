#include "lib/list.hpp"

#include <test.hpp>

namespace {

struct item {
    int number;
    list_head other;  // the link under test is not the first member
    list_head link;
};
using item_list = list<item, &item::link>;

// Whether the list holds just these, read forwards and backwards.
template <size_t N>
bool holds(const item_list& numbers, const int (&expected)[N]) {
    size_t i = 0;
    for (const item& e : numbers)
        if (i == N || e.number != expected[i++]) return false;
    if (i != N) return false;
    for (item* e = numbers.last(); e; e = numbers.prev(*e))
        if (e->number != expected[--i]) return false;
    numbers.check_invariants();
    return i == 0;
}

}  // namespace

TEST(list, is_empty_at_first) {
    item_list numbers;
    EXPECT_TRUE(numbers.empty());
    EXPECT_FALSE(numbers.is_singular());
    EXPECT_EQ(numbers.count(), 0u);
    EXPECT_TRUE(numbers.first() == nullptr);
    EXPECT_TRUE(numbers.last() == nullptr);
    EXPECT_TRUE(numbers.pop_front() == nullptr);
    EXPECT_TRUE(numbers.pop_back() == nullptr);
    EXPECT_TRUE(numbers.begin() == numbers.end());
    numbers.check_invariants();
}

TEST(list, container_of_finds_the_object) {
    item e{7, {}, {}};
    EXPECT_TRUE(container_of<&item::link>(&e.link) == &e);
    EXPECT_TRUE(container_of<&item::number>(&e.number) == &e);
}

TEST(list, pushes_and_pops_at_both_ends) {
    item_list numbers;
    item a{1, {}, {}}, b{2, {}, {}}, c{3, {}, {}};
    numbers.push_back(b);
    EXPECT_TRUE(numbers.is_singular());
    numbers.push_back(c);
    numbers.push_front(a);
    EXPECT_TRUE(holds(numbers, {1, 2, 3}));
    EXPECT_EQ(numbers.front().number, 1);
    EXPECT_EQ(numbers.back().number, 3);
    EXPECT_EQ(numbers.count(), 3u);
    EXPECT_TRUE(numbers.next(a) == &b);
    EXPECT_TRUE(numbers.next(c) == nullptr);
    EXPECT_TRUE(numbers.prev(a) == nullptr);
    EXPECT_TRUE(numbers.pop_back() == &c);
    EXPECT_TRUE(numbers.pop_front() == &a);
    EXPECT_TRUE(holds(numbers, {2}));
    EXPECT_TRUE(numbers.pop_front() == &b);
    EXPECT_TRUE(numbers.empty());
    numbers.check_invariants();
}

TEST(list, inserts_beside_and_replaces_an_element) {
    item_list numbers;
    item a{1, {}, {}}, b{2, {}, {}}, c{3, {}, {}}, d{4, {}, {}};
    numbers.push_back(b);
    item_list::insert_before(b, a);
    item_list::insert_after(b, c);
    EXPECT_TRUE(holds(numbers, {1, 2, 3}));
    item_list::replace(b, d);
    EXPECT_TRUE(holds(numbers, {1, 4, 3}));
    item_list::replace(a, b);
    EXPECT_TRUE(holds(numbers, {2, 4, 3}));
}

TEST(list, erases_and_says_what_comes_after) {
    item_list numbers;
    item a{1, {}, {}}, b{2, {}, {}}, c{3, {}, {}};
    for (item* e : {&a, &b, &c}) numbers.push_back(*e);
    item_list::erase(b);
    EXPECT_TRUE(holds(numbers, {1, 3}));
    const auto after = item_list::erase(numbers.begin());
    EXPECT_EQ(after->number, 3);
    EXPECT_TRUE(item_list::erase(after) == numbers.end());
    EXPECT_TRUE(numbers.empty());
}

TEST(list, a_safe_walk_lets_the_body_erase) {
    item_list numbers, odd;
    item items[6];
    for (int i = 0; i < 6; ++i) {
        items[i].number = i;
        numbers.push_back(items[i]);
    }
    for (item& e : numbers.safe()) {
        if (e.number % 2) odd.move_to_back(e);
    }
    EXPECT_TRUE(holds(numbers, {0, 2, 4}));
    EXPECT_TRUE(holds(odd, {1, 3, 5}));
    for (item& e : numbers.safe()) {
        item_list::erase(e);
        e.link.next = nullptr;  // freed and used again, as far as the walk can tell
    }
    EXPECT_TRUE(numbers.empty());
}

TEST(list, moves_to_either_end_from_any_list) {
    item_list numbers, others;
    item a{1, {}, {}}, b{2, {}, {}}, c{3, {}, {}};
    for (item* e : {&a, &b}) numbers.push_back(*e);
    others.push_back(c);
    numbers.move_to_front(b);
    EXPECT_TRUE(holds(numbers, {2, 1}));
    numbers.move_to_front(b);
    EXPECT_TRUE(holds(numbers, {2, 1}));
    numbers.move_to_back(b);
    EXPECT_TRUE(holds(numbers, {1, 2}));
    numbers.move_to_front(c);
    EXPECT_TRUE(holds(numbers, {3, 1, 2}));
    EXPECT_TRUE(others.empty());
}

TEST(list, splices_whole_lists) {
    item_list numbers, others;
    item a{1, {}, {}}, b{2, {}, {}}, c{3, {}, {}}, d{4, {}, {}};
    numbers.splice_back(others);
    EXPECT_TRUE(numbers.empty());
    for (item* e : {&b, &c}) others.push_back(*e);
    numbers.splice_front(others);
    EXPECT_TRUE(holds(numbers, {2, 3}));
    EXPECT_TRUE(others.empty());
    others.check_invariants();
    others.push_back(a);
    numbers.splice_front(others);
    others.push_back(d);
    numbers.splice_back(others);
    EXPECT_TRUE(holds(numbers, {1, 2, 3, 4}));
}

TEST(list, knows_an_initialised_element_that_is_on_no_list) {
    item_list numbers;
    item a{1, {}, {}};
    item_list::init(a);
    EXPECT_TRUE(item_list::unlinked(a));
    numbers.push_back(a);
    EXPECT_FALSE(item_list::unlinked(a));
    item_list::erase_init(a);
    EXPECT_TRUE(item_list::unlinked(a));
    EXPECT_TRUE(numbers.empty());
}

TEST(list, an_object_can_be_on_a_list_by_each_of_its_links) {
    list<item, &item::other> others;
    item_list numbers;
    item a{1, {}, {}}, b{2, {}, {}};
    for (item* e : {&a, &b}) {
        numbers.push_back(*e);
        others.push_front(*e);
    }
    EXPECT_EQ(others.front().number, 2);
    EXPECT_EQ(numbers.front().number, 1);
    others.pop_front();
    EXPECT_TRUE(holds(numbers, {1, 2}));
}

TEST(list, poisons_what_it_erases_when_checks_are_dear) {
    if (!dear_checks) SKIP_TEST("a release build does not poison");
    item_list numbers;
    item a{1, {}, {}};
    numbers.push_back(a);
    item_list::erase(a);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(a.link.next), LIST_POISON1);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(a.link.prev), LIST_POISON2);
}
