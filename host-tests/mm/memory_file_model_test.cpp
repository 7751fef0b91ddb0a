// A file in memory against a plain vector of bytes: random reads, writes and truncations,
// through the file and through the pages of its mapping.
#include "mm/cache/memory_file.hpp"

#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"
#include "mm/cache/cache_fixture.hpp"

#include <test.hpp>

#include <algorithm>
#include <set>
#include <vector>

namespace {

class file_and_model {
public:
    file_and_model(u64 seed, u32 limit)
        : random_(seed), limit_(limit), file_(*memory_file::create("model", limit)) {}
    ~file_and_model() { fput(file_); }

    void step() {
        switch (random_.below(8)) {
            case 0: case 1: case 2: write(); break;
            case 3: case 4: read(); break;
            case 5: truncate(); break;
            case 6: read_page(); break;
            default: write_page(); break;
        }
        file_->contents().check_invariants();
        ASSERT_EQ(file_->size(), bytes_.size());
        ASSERT_EQ(u32{file_->f_mapping->nrpages}, touched_.size());
    }

private:
    u32 some_place() {
        // Often right beside the end of a page, or of the file.
        const u32 around = random_.one_in(3)   ? static_cast<u32>(bytes_.size())
                           : random_.one_in(2) ? random_.below(limit_ / PAGE_SIZE) * PAGE_SIZE
                                               : random_.below(limit_);
        const u32 place = around + random_.below(7);
        return place < 3 ? 0 : place - 3;
    }
    u32 some_length() {
        return random_.below(random_.one_in(3) ? 3 * PAGE_SIZE : 20);
    }

    void write() {
        const u32 offset = some_place();
        std::vector<u8> text(some_length());
        for (u8& byte : text) byte = static_cast<u8>(random_.next());
        const result<size_t> written = file_->write(offset, text.data(), text.size());
        const size_t room = offset < limit_ ? limit_ - offset : 0;
        const size_t expected = std::min(text.size(), room);
        if (!text.empty() && room == 0) {
            ASSERT_EQ(written.error(), EFBIG);
            return;
        }
        ASSERT_EQ(written.value_or(99999), expected);
        if (expected == 0) return;
        if (bytes_.size() < offset + expected) bytes_.resize(offset + expected);
        std::copy_n(text.begin(), expected, bytes_.begin() + offset);
        for (u32 page = offset >> PAGE_SHIFT; page <= (offset + expected - 1) >> PAGE_SHIFT; ++page)
            touched_.insert(page);
    }
    void read() {
        const u32 offset = some_place();
        std::vector<u8> text(some_length(), 0xee);
        const size_t got = file_->read(offset, text.data(), text.size());
        const size_t there = offset < bytes_.size() ? bytes_.size() - offset : 0;
        ASSERT_EQ(got, std::min(text.size(), there));
        ASSERT_TRUE(std::equal(text.begin(), text.begin() + got, bytes_.begin() + (got ? offset : 0)));
        ASSERT_TRUE(std::all_of(text.begin() + got, text.end(), [](u8 b) { return b == 0xee; }));
    }
    void truncate() {
        const u32 size = some_place();
        if (size > limit_) {
            ASSERT_EQ(file_->truncate(size).error(), EFBIG);
            return;
        }
        ASSERT_TRUE(file_->truncate(size));
        bytes_.resize(size);
        touched_.erase(touched_.lower_bound((size + PAGE_SIZE - 1) >> PAGE_SHIFT), touched_.end());
    }
    // As a mapping does, within the file; what it writes behind the end stays in the page,
    // until truncation cuts it off.
    page* page_of_file() {
        if (bytes_.empty()) return nullptr;
        index_ = random_.below((static_cast<u32>(bytes_.size()) + PAGE_SIZE - 1) >> PAGE_SHIFT);
        touched_.insert(index_);
        return *read_mapping_page(*file_->f_mapping, index_, cache_mask);
    }
    void read_page() {
        page* const page = page_of_file();
        if (!page) return;
        u8 text[PAGE_SIZE];
        memcpy_from_page(text, *page, 0, PAGE_SIZE);
        put_page(page);
        const size_t start = size_t{index_} << PAGE_SHIFT;
        const size_t there = std::min(bytes_.size() - start, size_t{PAGE_SIZE});
        ASSERT_TRUE(std::equal(text, text + there, bytes_.begin() + start));
        ASSERT_TRUE(std::all_of(text + there, text + PAGE_SIZE, [](u8 b) { return b == 0; }));
    }
    void write_page() {
        page* const page = page_of_file();
        if (!page) return;
        const size_t start = size_t{index_} << PAGE_SHIFT;
        const u32 there =
            static_cast<u32>(std::min(bytes_.size() - start, size_t{PAGE_SIZE}));
        const u32 at = random_.below(there);
        const u8 byte = static_cast<u8>(random_.next());
        memcpy_to_page(*page, at, &byte, 1);
        set_page_dirty(*page);
        put_page(page);
        bytes_[start + at] = byte;
    }

    random_source random_;
    u32 limit_;
    memory_file* file_;
    std::vector<u8> bytes_;
    std::set<u32> touched_;  // pages that must be there, and no others
    u32 index_ = 0;
};

void random_steps(u64 seed, u32 limit, u32 steps) {
    file_and_model both(seed, limit);
    for (u32 i = 0; i < steps; ++i) {
        both.step();
        if (testing::Test::HasFatalFailure()) {
            ADD_FAILURE() << "seed " << seed << ", step " << i;
            return;
        }
    }
}

}  // namespace

TEST(memory_file_model, agrees_with_a_vector_of_bytes) {
    random_steps(1, 5 * PAGE_SIZE + 100, 20000);
    random_steps(2, 2 * PAGE_SIZE, 20000);
    random_steps(3, 300 * PAGE_SIZE, 5000);
}

// On the host every page has an address; the rules for those that have none hold all the
// same.
TEST(kmap_window, unmapping_in_the_wrong_order_is_noticed) {
    page* const pages[] = {alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL)};
    void* const first = kmap_atomic(pages[0]);
    void* const second = kmap_atomic(pages[1]);
    EXPECT_THROW(kunmap_atomic(first), kernel_panic);
    kunmap_atomic(static_cast<u8*>(second) + 5);
    kunmap_atomic(first);
    EXPECT_THROW(kunmap_atomic(first), kernel_panic);
    for (page* const page : pages) __free_page(page);
}
