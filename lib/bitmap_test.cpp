#include "lib/bitmap.hpp"

#include <test.hpp>

namespace {

constexpr size_t W = bitmap::bits_per_word;

// A bitmap with words of its own, and a guard on either side.
template <size_t Bits>
class guarded_bitmap : public bitmap {
public:
    guarded_bitmap() : bitmap(storage_ + 1, Bits) {
        for (word& w : storage_) w = 0;
        storage_[0] = storage_[words_for(Bits) + 1] = guard;
    }
    bool guards_stand() const {
        check_invariants();
        return storage_[0] == guard && storage_[words_for(Bits) + 1] == guard;
    }

private:
    static constexpr word guard = 0x5a5aa5a5;
    word storage_[words_for(Bits) + 2];
};

// What the optional holds, or -1: comparable in either kind of runner.
long found(std::optional<size_t> bit) { return bit ? static_cast<long>(*bit) : -1; }

}  // namespace

TEST(bitmap, needs_whole_words) {
    EXPECT_EQ(bitmap::words_for(0), 0u);
    EXPECT_EQ(bitmap::words_for(1), 1u);
    EXPECT_EQ(bitmap::words_for(W), 1u);
    EXPECT_EQ(bitmap::words_for(W + 1), 2u);
    EXPECT_EQ(bitmap::words_for(~size_t{0}), ~size_t{0} / W + 1);
}

TEST(bitmap, sets_and_clears_single_bits) {
    guarded_bitmap<3 * W + 5> map;
    for (size_t bit : {size_t{0}, W - 1, W, 2 * W + 3, 3 * W + 4}) {
        EXPECT_FALSE(map.test(bit));
        EXPECT_FALSE(map.test_and_set(bit));
        EXPECT_TRUE(map.test_and_set(bit));
        EXPECT_TRUE(map.test(bit));
        EXPECT_EQ(map.count(), 1u);
        EXPECT_TRUE(map.test_and_clear(bit));
        EXPECT_FALSE(map.test_and_clear(bit));
        EXPECT_EQ(map.count(), 0u);
    }
    EXPECT_TRUE(map.guards_stand());
}

TEST(bitmap, sets_and_clears_ranges_and_nothing_beside_them) {
    constexpr size_t bits = 3 * W + 5;
    for (size_t first : {size_t{0}, size_t{1}, W - 1, W, W + 1, 2 * W, bits}) {
        for (size_t count : {size_t{0}, size_t{1}, W - 1, W, W + 1, 2 * W}) {
            if (count > bits - first) continue;
            guarded_bitmap<bits> map;
            map.set_range(first, count);
            EXPECT_EQ(map.count(), count);
            EXPECT_TRUE(map.all_set(first, count));
            EXPECT_TRUE(map.all_clear(0, first));
            EXPECT_TRUE(map.all_clear(first + count, bits - first - count));
            map.set_all();
            map.clear_range(first, count);
            EXPECT_EQ(map.count(), bits - count);
            EXPECT_TRUE(map.all_clear(first, count));
            EXPECT_EQ(map.count(first, bits - first), bits - first - count);
            map.clear_all();
            EXPECT_EQ(map.count(), 0u);
            EXPECT_TRUE(map.guards_stand());
        }
    }
}

TEST(bitmap, a_range_with_one_odd_bit_is_neither_all_set_nor_all_clear) {
    guarded_bitmap<3 * W> map;
    for (size_t bit : {W / 2, W, 2 * W - 1, 2 * W, 2 * W + 7}) {
        map.set(bit);
        EXPECT_FALSE(map.all_clear(W / 2, 2 * W));
        EXPECT_FALSE(map.all_set(W / 2, 2 * W));
        map.set_all();
        map.clear(bit);
        EXPECT_FALSE(map.all_set(W / 2, 2 * W));
        map.clear_all();
    }
}

TEST(bitmap, finds_the_next_set_bit_and_the_next_zero) {
    guarded_bitmap<2 * W + 9> map;
    EXPECT_EQ(found(map.find_first_set()), -1);
    EXPECT_EQ(found(map.find_first_zero()), 0);
    map.set(3);
    map.set(W);
    map.set(2 * W + 8);
    EXPECT_EQ(found(map.find_first_set()), 3);
    EXPECT_EQ(found(map.find_next_set(3)), 3);
    EXPECT_EQ(found(map.find_next_set(4)), long{W});
    EXPECT_EQ(found(map.find_next_set(W + 1)), long{2 * W + 8});
    EXPECT_EQ(found(map.find_next_set(2 * W + 9)), -1);
    EXPECT_EQ(found(map.find_next_set(~size_t{0})), -1);
    map.set_all();
    EXPECT_EQ(found(map.find_first_zero()), -1);
    map.clear(2 * W + 8);
    EXPECT_EQ(found(map.find_first_zero()), long{2 * W + 8});
    EXPECT_EQ(found(map.find_next_zero(2 * W + 8)), long{2 * W + 8});
    map.set(2 * W + 8);
    EXPECT_EQ(found(map.find_next_zero(W)), -1);  // not a zero beyond the end
}

TEST(bitmap, finds_ranges_of_zeros) {
    guarded_bitmap<4 * W> map;
    EXPECT_EQ(found(map.find_zero_range(4 * W)), 0);
    EXPECT_EQ(found(map.find_zero_range(4 * W + 1)), -1);
    map.set(5);
    EXPECT_EQ(found(map.find_zero_range(5)), 0);
    EXPECT_EQ(found(map.find_zero_range(6)), 6);
    EXPECT_EQ(found(map.find_zero_range(6, 4)), 8);
    EXPECT_EQ(found(map.find_zero_range(1, 1, 5)), 6);
    EXPECT_EQ(found(map.find_zero_range(W, W)), long{W});
    map.set(2 * W + 1);
    EXPECT_EQ(found(map.find_zero_range(W + 1, W)), long{W});
    EXPECT_EQ(found(map.find_zero_range(W + 2, W)), -1);
    EXPECT_EQ(found(map.find_zero_range(2 * W - 2)), long{2 * W + 2});
    EXPECT_EQ(found(map.find_zero_range(2 * W - 1)), -1);
    EXPECT_EQ(found(map.find_zero_range(1, 8 * W, 1)), -1);
    EXPECT_EQ(found(map.find_zero_range(1, 1, 4 * W)), -1);
}

TEST(bitmap, an_empty_one_holds_and_finds_nothing) {
    bitmap map(nullptr, 0);
    map.set_all();
    EXPECT_EQ(map.count(), 0u);
    EXPECT_EQ(found(map.find_first_zero()), -1);
    EXPECT_EQ(found(map.find_zero_range(1)), -1);
    EXPECT_TRUE(map.all_set(0, 0));
    map.check_invariants();
}
