// The bitmap against std::vector<bool>, by random steps; and its detectors.
#include "lib/bitmap.hpp"

#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <algorithm>
#include <vector>

namespace {

using model_map = std::vector<bool>;

size_t ones(model_map::iterator begin, model_map::iterator end) {
    return static_cast<size_t>(std::count(begin, end, true));
}

std::optional<size_t> model_find(const model_map& model, size_t from, bool value) {
    for (size_t i = from; i < model.size(); ++i)
        if (model[i] == value) return i;
    return std::nullopt;
}

std::optional<size_t> model_find_range(const model_map& model, size_t count, size_t align,
                                       size_t from) {
    for (size_t start = 0; start + count <= model.size(); start += align) {
        if (start < from) continue;
        if (std::none_of(model.begin() + start, model.begin() + start + count,
                         [](bool bit) { return bit; }))
            return start;
    }
    return std::nullopt;
}

void random_steps(u64 seed, size_t bits, int steps) {
    random_source random(seed);
    std::vector<bitmap::word> words(bitmap::words_for(bits));
    bitmap map(words.data(), bits);
    model_map model(bits);
    for (int step = 0; step < steps; ++step) {
        const size_t first = random.below(bits + 1);
        const size_t longest = random.one_in(4) ? bits : 8;
        const size_t count = random.below(std::min(longest, bits - first) + 1);
        const bool set = random.below(2);
        if (first < bits && random.one_in(2)) {
            if (random.one_in(2)) set ? map.set(first) : map.clear(first);
            else ASSERT_EQ(set ? map.test_and_set(first) : map.test_and_clear(first),
                           model[first]);
            model[first] = set;
        } else {
            set ? map.set_range(first, count) : map.clear_range(first, count);
            std::fill_n(model.begin() + first, count, set);
        }
        map.check_invariants();

        for (size_t i = 0; i < bits; ++i) ASSERT_EQ(map.test(i), model[i]) << i;
        ASSERT_EQ(map.count(), ones(model.begin(), model.end()));
        const auto begin = model.begin() + first, end = begin + count;
        ASSERT_EQ(map.count(first, count), ones(begin, end));
        ASSERT_EQ(map.all_set(first, count), std::find(begin, end, false) == end);
        ASSERT_EQ(map.all_clear(first, count), std::find(begin, end, true) == end);
        ASSERT_EQ(map.find_next_set(first), model_find(model, first, true));
        ASSERT_EQ(map.find_next_zero(first), model_find(model, first, false));
        const size_t wanted = 1 + random.below(random.one_in(3) ? bits : 6);
        const size_t align = size_t{1} << random.below(7);
        ASSERT_EQ(map.find_zero_range(wanted, align, first),
                  model_find_range(model, wanted, align, first));
    }
}

}  // namespace

TEST(bitmap_model, agrees_with_vector_of_bool) {
    for (size_t bits : {1, 31, 32, 33, 63, 64, 65, 127, 200, 256}) {
        random_steps(bits, bits, 1500);
        if (HasFatalFailure()) return;
    }
}

TEST(bitmap_detectors, report_bits_that_do_not_exist) {
    bitmap::word words[2] = {};
    bitmap map(words, 70);
    EXPECT_THROW(map.set(70), kernel_panic);
    EXPECT_THROW(map.test(~size_t{0}), kernel_panic);
    EXPECT_THROW(map.set_range(69, 2), kernel_panic);
    EXPECT_THROW(map.clear_range(1, ~size_t{0}), kernel_panic);
    EXPECT_THROW(map.find_zero_range(0), kernel_panic);
    EXPECT_THROW(map.find_zero_range(1, 3), kernel_panic);
}

TEST(bitmap_detectors, report_a_bit_beyond_the_end) {
    bitmap::word words[1] = {0x100};
    EXPECT_THROW(bitmap(words, 8).check_invariants(), kernel_panic);
    bitmap(words, 9).check_invariants();
}
