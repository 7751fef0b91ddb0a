// The order of things in a gather: a space that writes down what it is told.
#include "mm/map/mmu_gather.hpp"

#include <test.hpp>

namespace {

struct told {
    using page_name = pfn;

    // One letter each: F flush, p page, t table.
    void flush(u32 start, u32 pages, freed_tables freed) {
        put('F');
        last_start = start;
        last_pages = pages;
        last_freed = freed;
    }
    void free_pages(const pfn* frames, u32 count) {
        for (u32 i = 0; i < count; ++i) {
            put('p');
            sum += frames[i].raw();
        }
    }
    void free_table(u64 table) {
        put('t');
        sum += static_cast<u32>(table >> PAGE_SHIFT);
    }
    std::string_view letters() const { return {letters_, count_}; }

    u32 last_start = 0, last_pages = 0, sum = 0;
    freed_tables last_freed = freed_tables::none;

private:
    void put(char letter) {
        if (count_ < sizeof(letters_)) letters_[count_++] = letter;
    }
    char letters_[40] = {};
    u32 count_ = 0;
};

}  // namespace

TEST(mmu_gather, nothing_touched_is_nothing_to_do) {
    told space;
    {
        mmu_gather gone(space);
        gone.touch(0x1000, 0);
    }
    EXPECT_TRUE(space.letters().empty());
}

TEST(mmu_gather, flushes_once_before_anything_is_freed) {
    told space;
    {
        mmu_gather gone(space);
        gone.touch(0xf8003000, 1);
        gone.remove_page(pfn(5));
        gone.touch(0xf8000000, 2);
        gone.remove_page(pfn(6));
        gone.remove_table(0x7000, 0);
    }
    EXPECT_TRUE(space.letters() == "Fppt");
    EXPECT_EQ(space.last_start, 0xf8000000u);
    EXPECT_EQ(space.last_pages, 4u);
    EXPECT_TRUE(space.last_freed == freed_tables::of_pages);
    EXPECT_EQ(space.sum, 5u + 6 + 7);
}

TEST(mmu_gather, what_changed_rights_only_is_flushed_too) {
    told space;
    {
        mmu_gather changed(space);
        changed.touch(0xfffff000, 1);
    }
    EXPECT_TRUE(space.letters() == "F");
    EXPECT_EQ(space.last_start, 0xfffff000u);
    EXPECT_EQ(space.last_pages, 1u);
}

TEST(mmu_gather, a_full_batch_is_flushed_and_freed_on_the_way) {
    told space;
    {
        mmu_gather<told, 2> gone(space);
        gone.touch(0x1000, 5);
        for (u32 i = 0; i < 5; ++i) gone.remove_page(pfn(i));
        EXPECT_TRUE(space.letters() == "Fpppp");
        gone.touch(0x9000, 1);
        gone.finish();
        EXPECT_TRUE(space.letters() == "FppppFp");
        EXPECT_EQ(space.last_start, 0x9000u);
        EXPECT_EQ(space.last_pages, 1u);
    }
    EXPECT_TRUE(space.letters() == "FppppFp");
}

TEST(mmu_gather, tables_alone_want_a_flush_of_some_page) {
    told space;
    {
        mmu_gather gone(space);
        gone.remove_table(0x7000, 0);
        gone.remove_table(0x8000, 1);
    }
    EXPECT_TRUE(space.letters() == "Ftt");
    EXPECT_EQ(space.last_pages, 1u);
    EXPECT_TRUE(space.last_freed == freed_tables::directories);
    told other;
    {
        mmu_gather gone(other);
        for (u32 i = 0; i < 17; ++i) gone.remove_table(0x1000 * (i + 1), 0);
    }
    EXPECT_TRUE(other.letters() == "FttttttttttttttttFt");
}
