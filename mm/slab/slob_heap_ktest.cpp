// Blocks: where they are cut, how they are joined, and that pages come back.
#include "lib/random.hpp"
#include "lib/string.hpp"
#include "mm/slab/slob.hpp"

#include <test.hpp>

namespace {

constexpr u32 unit = slob_heap::unit;
constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;

// A heap of the test's own: it begins and ends without pages.
struct test_heap : slob_heap {
    test_heap() : slob_heap(slob_strategy(), 0, {}) {}
    ~test_heap() {
        check_invariants();
        EXPECT_EQ(nr_pages(), 0u);
        EXPECT_EQ(bytes_in_use(), 0u);
        EXPECT_EQ(the_page_allocator().pages_in_use(), pages_before_);
    }

    char* get(size_t bytes, size_t align = unit, size_t before = 0) {
        char* const block = static_cast<char*>(alloc(bytes, align, before, quiet));
        check_invariants();
        return block;
    }
    void put(void* block, size_t bytes) {
        EXPECT_TRUE(free(block, bytes));
        check_invariants();
    }

private:
    u32 pages_before_ = the_page_allocator().pages_in_use();
};

// N blocks one behind the other, from the beginning of a page.
template <u32 N>
struct row {
    row(test_heap& of, size_t bytes) : heap(of), size(bytes) {
        for (u32 i = 0; i < N; ++i) {
            blocks[i] = heap.get(size);
            ASSERT_TRUE(blocks[i] != nullptr);
            EXPECT_TRUE(blocks[i] == blocks[0] + i * size);
        }
    }
    ~row() {
        for (char* const block : blocks)
            if (block) heap.put(block, size);
    }
    void drop(u32 i) {
        heap.put(blocks[i], size);
        blocks[i] = nullptr;
    }

    test_heap& heap;
    size_t size;
    char* blocks[N] = {};
};

}  // namespace

TEST(slob_heap, takes_the_first_block_that_is_large_enough) {
    test_heap heap;
    row<4> blocks(heap, 40);
    char* const first = blocks.blocks[0];
    char* const third = blocks.blocks[2];
    blocks.drop(0);
    blocks.drop(2);
    char* const small = heap.get(24);
    EXPECT_TRUE(small == first);
    char* const large = heap.get(40);  // 16 bytes are left there
    EXPECT_TRUE(large == third);
    char* const rest = heap.get(16);
    EXPECT_TRUE(rest == first + 24);
    heap.put(small, 24);
    heap.put(large, 40);
    heap.put(rest, 16);
}

TEST(slob_heap, has_a_list_for_blocks_under_256_under_1024_and_larger_ones) {
    test_heap heap;
    constexpr size_t sizes[] = {8, 255, 256, 1023, 1024, 2000};
    char* blocks[std::size(sizes)];
    for (u32 i = 0; i < std::size(sizes); ++i) {
        blocks[i] = heap.get(sizes[i]);
        ASSERT_TRUE(blocks[i] != nullptr);
        EXPECT_EQ(heap.nr_pages(), i / 2 + 1);
        for (u32 list = 0; list < slob_heap::nr_lists; ++list)
            EXPECT_EQ(heap.nr_pages_on(list), list <= i / 2 ? 1u : 0u);
    }
    for (u32 i = 0; i < std::size(sizes); i += 2)
        EXPECT_TRUE(virt_to_page(blocks[i]) == virt_to_page(blocks[i + 1]));
    for (u32 i = 0; i < std::size(sizes); ++i) heap.put(blocks[i], sizes[i]);
}

TEST(slob_heap, looks_first_where_the_last_request_was_served) {
    test_heap heap;
    char* const stays = heap.get(1100);
    char* const goes = heap.get(2900);  // no room for more
    char* const next_page = heap.get(1100);
    char* const there = heap.get(1100);  // leaves 1896 bytes
    heap.put(goes, 2900);
    char* const large = heap.get(1900);
    char* const small = heap.get(1050);  // both pages have room
    EXPECT_TRUE(virt_to_page(large) == virt_to_page(stays));
    EXPECT_TRUE(virt_to_page(small) == virt_to_page(stays));
    heap.put(small, 1050);
    heap.put(large, 1900);
    heap.put(there, 1100);
    heap.put(next_page, 1100);
    heap.put(stays, 1100);
}

TEST(slob_heap, rounds_up_to_units_and_no_further) {
    test_heap heap;
    char* const one = heap.get(1);
    char* const two = heap.get(unit);
    char* const three = heap.get(unit + 1);
    EXPECT_TRUE(two == one + unit);
    EXPECT_TRUE(three == two + unit);
    EXPECT_EQ(heap.bytes_in_use(), 4 * unit);
    heap.put(one, 1);
    heap.put(two, unit);
    heap.put(three, unit + 1);
}

TEST(slob_heap, a_page_without_room_is_on_no_list_until_some_comes_back) {
    test_heap heap;
    char* const half = heap.get(PAGE_SIZE / 2);
    char* const rest = heap.get(PAGE_SIZE / 2);
    EXPECT_TRUE(rest == half + PAGE_SIZE / 2);
    EXPECT_EQ(heap.nr_pages(), 1u);
    EXPECT_EQ(heap.nr_pages_on(2), 0u);
    heap.put(half, PAGE_SIZE / 2);
    EXPECT_EQ(heap.nr_pages_on(2), 1u);
    heap.put(rest, PAGE_SIZE / 2);

    char* const whole = heap.get(PAGE_SIZE);  // and one that goes back from there
    EXPECT_EQ(heap.nr_pages_on(2), 0u);
    heap.put(whole, PAGE_SIZE);
    EXPECT_EQ(heap.nr_pages(), 0u);
}

TEST(slob_heap, joins_a_block_with_neither_neighbour) {
    test_heap heap;
    row<3> blocks(heap, 64);
    char* const middle = blocks.blocks[1];
    blocks.drop(1);
    char* const larger = heap.get(68);
    EXPECT_TRUE(larger == middle + 2 * 64);  // behind the third
    char* const same = heap.get(64);
    EXPECT_TRUE(same == middle);
    heap.put(larger, 68);
    heap.put(same, 64);
}

TEST(slob_heap, joins_a_block_with_the_one_before) {
    test_heap heap;
    row<4> blocks(heap, 64);
    char* const first = blocks.blocks[0];
    blocks.drop(0);
    blocks.drop(1);
    char* const joined = heap.get(128);
    EXPECT_TRUE(joined == first);
    heap.put(joined, 128);
}

TEST(slob_heap, joins_a_block_with_the_one_behind) {
    test_heap heap;
    row<4> blocks(heap, 64);
    char* const first = blocks.blocks[0];
    blocks.drop(1);
    blocks.drop(0);
    char* const joined = heap.get(128);
    EXPECT_TRUE(joined == first);
    heap.put(joined, 128);
}

TEST(slob_heap, joins_a_block_with_both) {
    test_heap heap;
    row<4> blocks(heap, 64);
    char* const first = blocks.blocks[0];
    blocks.drop(0);
    blocks.drop(2);
    blocks.drop(1);
    char* const joined = heap.get(192);
    EXPECT_TRUE(joined == first);
    heap.put(joined, 192);
}

TEST(slob_heap, aligns_what_it_is_told_and_keeps_the_gap) {
    test_heap heap;
    for (size_t align = 2 * unit; align <= PAGE_SIZE / 4; align *= 2) {
        char* const first = heap.get(unit);
        char* const block = heap.get(100, align);
        char* const behind = heap.get(100, align, unit);
        ASSERT_TRUE(first && block && behind);
        EXPECT_TRUE(block == first + align);
        EXPECT_TRUE(behind + unit == block + align_up(100 + unit, align));
        char* const gap = heap.get(unit);
        EXPECT_TRUE(gap == first + unit);
        heap.put(block, 100);
        heap.put(behind, 100);
        heap.put(gap, unit);
        heap.put(first, unit);
    }
    char* const odd = heap.get(unit);
    char* const of_a_page = heap.get(100, PAGE_SIZE);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(of_a_page) % PAGE_SIZE, 0u);
    heap.put(odd, unit);
    heap.put(of_a_page, 100);
}

TEST(slob_heap, says_what_fits_in_a_page) {
    EXPECT_TRUE(slob_heap::fits(PAGE_SIZE, unit, 0));
    EXPECT_FALSE(slob_heap::fits(PAGE_SIZE + 1, unit, 0));
    EXPECT_TRUE(slob_heap::fits(8, PAGE_SIZE, 0));
    EXPECT_FALSE(slob_heap::fits(8, PAGE_SIZE, unit));  // behind the page's end
    EXPECT_TRUE(slob_heap::fits(PAGE_SIZE - 64 + unit, 64, unit));
    EXPECT_FALSE(slob_heap::fits(PAGE_SIZE - 64 + 2 * unit, 64, unit));
}

TEST(slob_heap, notices_what_is_free_already) {
    test_heap heap;
    row<3> blocks(heap, 64);
    char* const first = blocks.blocks[0];
    blocks.drop(0);
    blocks.drop(2);
    EXPECT_FALSE(heap.free(first, 64));
    EXPECT_FALSE(heap.free(first + 32, 64));        // free, and some that is not
    EXPECT_FALSE(heap.free(first + 64, 68));        // in use, and some that is free
    EXPECT_FALSE(heap.free(first + PAGE_SIZE - unit, 2 * unit));
    heap.check_invariants();
    EXPECT_TRUE(heap.is_free(first));
    EXPECT_TRUE(heap.is_free(first + 63));
    EXPECT_FALSE(heap.is_free(first + 64));
    EXPECT_FALSE(heap.is_free(first + 127));
    EXPECT_TRUE(heap.is_free(first + 128));
    EXPECT_TRUE(heap.is_free(first + PAGE_SIZE - 1));
}

TEST(slob_heap, does_without_pages_at_each_failure) {
    fault_attr& fail_page_alloc = the_page_allocator().fail_page_alloc();
    if (fail_page_alloc.armed()) SKIP_TEST("pages fail by chance");
    test_heap heap;
    const u32 points = for_each_failure(fail_page_alloc, [&] {
        char* blocks[12];
        u32 had = 0;
        for (char*& block : blocks) {
            block = heap.get(1500);
            had += block != nullptr;
        }
        EXPECT_GE(had, 11u);  // the one that failed, and no other
        for (char* const block : blocks)
            if (block) heap.put(block, 1500);
        EXPECT_EQ(heap.nr_pages(), 0u);
    });
    EXPECT_EQ(points, 6u);  // two in a page
}

// Blocks of all sizes and alignments; each holds a byte of its own from end to end.
TEST(slob_heap, keeps_what_is_in_live_blocks) {
    struct one {
        u8* block;
        u16 size;
        u8 filled;
    };
    static one live[96];
    random_source random(7);
    test_heap heap;
    const auto give_back = [&](one& it) {
        for (u32 i = 0; i < it.size; ++i) {
            if (it.block[i] == it.filled) continue;
            EXPECT_EQ(it.block[i], it.filled);
            break;
        }
        heap.put(it.block, it.size);
        it.block = nullptr;
    };
    for (u32 step = 0; step < 2500; ++step) {
        one& it = live[random.below(std::size(live))];
        if (it.block) {
            give_back(it);
            continue;
        }
        it.size = static_cast<u16>(1 + random.below(random.one_in(8) ? 2000 : 200));
        const size_t align = size_t{unit} << random.below(5);
        it.block = reinterpret_cast<u8*>(heap.get(it.size, align, random.below(2) * unit));
        ASSERT_TRUE(it.block != nullptr);
        it.filled = static_cast<u8>(step);
        memset(it.block, it.filled, it.size);
    }
    for (one& it : live)
        if (it.block) give_back(it);
}
