#include "mm/cache/memory_file.hpp"

#include "lib/test/scratch.hpp"
#include "mm/cache/cache_fixture.hpp"

#include <test.hpp>

namespace {

// A file that goes when the test does.
class test_file {
public:
    explicit test_file(u64 limit = memory_contents::MAX_LFS_FILESIZE)
        : made_(memory_file::create("memfd:test", limit)) {}
    ~test_file() {
        if (made_) {
            (*made_)->contents().check_invariants();
            fput(*made_);
        }
    }
    test_file(const test_file&) = delete;
    test_file& operator=(const test_file&) = delete;

    explicit operator bool() const { return static_cast<bool>(made_); }
    memory_file& operator*() { return **made_; }
    memory_file* operator->() { return *made_; }
    u32 pages() { return (*made_)->f_mapping->nrpages; }

    size_t write(u64 offset, std::string_view text) {
        return (*made_)->write(offset, text.data(), text.size()).value_or(0);
    }
    // What is there, for short texts; a zero byte reads as '.'.
    std::string_view text(u64 offset, size_t bytes) {
        const size_t got = (*made_)->read(offset, text_, min_of(bytes, sizeof(text_)));
        for (size_t i = 0; i < got; ++i)
            if (text_[i] == '\0') text_[i] = '.';
        return {text_, got};
    }

private:
    result<memory_file*> made_;
    char text_[64];
};

}  // namespace

TEST(memory_file, is_no_longer_for_what_did_not_come) {
    test_file file;
    ASSERT_TRUE(file);
    memory_contents& contents = file->contents();
    const auto nothing = [](page&, u32, size_t) { return size_t{0}; };
    EXPECT_EQ(contents.write_pages(100000, 10, nothing).value_or(1), 0u);
    EXPECT_EQ(file->size(), 0u);
    EXPECT_EQ(file.pages(), 0u);
    EXPECT_EQ(file.write(0, "palace"), 6u);
    const auto three = [](page&, u32, size_t) { return size_t{3}; };
    EXPECT_EQ(contents.write_pages(PAGE_SIZE, 10, three).value_or(0), 3u);
    EXPECT_EQ(file->size(), PAGE_SIZE + 3u);
    EXPECT_EQ(contents.write_pages(2 * PAGE_SIZE, 10, nothing).value_or(1), 0u);
    EXPECT_EQ(file->size(), PAGE_SIZE + 3u);
    EXPECT_EQ(file.pages(), 2u);
}

TEST(memory_file, keeps_what_is_written) {
    test_file file;
    ASSERT_TRUE(file);
    EXPECT_EQ(file->size(), 0u);
    EXPECT_EQ(file.text(0, 10), "");
    EXPECT_EQ(file.write(0, "palace"), 6u);
    EXPECT_EQ(file->size(), 6u);
    EXPECT_EQ(file.text(0, 10), "palace");
    EXPECT_EQ(file.text(3, 2), "ac");
    EXPECT_EQ(file.text(6, 2), "");
    EXPECT_EQ(file.text(1000000, 2), "");
    EXPECT_EQ(file.write(2, "LACES"), 5u);
    EXPECT_EQ(file.text(0, 10), "paLACES");
    EXPECT_EQ(file.write(100, ""), 0u);
    EXPECT_EQ(file->size(), 7u);
    page* const page = find_get_page(*file->f_mapping, 0);
    ASSERT_TRUE(page);
    EXPECT_TRUE(PageUptodate(*page) && PageDirty(*page));
    put_page(page);
}

TEST(memory_file, takes_no_memory_for_what_was_never_written) {
    test_file file;
    ASSERT_TRUE(file);
    EXPECT_EQ(file.write(5 * u64{PAGE_SIZE} - 2, "room"), 4u);
    EXPECT_EQ(file.pages(), 2u);
    EXPECT_EQ(file.text(5 * PAGE_SIZE - 4, 10), "..room");
    EXPECT_EQ(file.text(PAGE_SIZE - 2, 4), "....");
    EXPECT_EQ(file.pages(), 2u);
    // Beyond 4 GiB, and at the very end of what a page index reaches.
    EXPECT_EQ(file.write(u64{1} << 33, "far"), 3u);
    EXPECT_EQ(file.text((u64{1} << 33) - 1, 10), ".far");
    EXPECT_EQ(file.write(memory_contents::MAX_LFS_FILESIZE - 2, "end"), 2u);
    EXPECT_EQ(file->size(), memory_contents::MAX_LFS_FILESIZE);
    EXPECT_EQ(file->write(memory_contents::MAX_LFS_FILESIZE, "x", 1).error(), EFBIG);
    EXPECT_EQ(file.pages(), 4u);
}

TEST(memory_file, ends_at_its_limit) {
    test_file file(PAGE_SIZE + 3);
    ASSERT_TRUE(file);
    EXPECT_EQ(file.write(PAGE_SIZE, "abcdef"), 3u);
    EXPECT_EQ(file->write(PAGE_SIZE + 3, "d", 1).error(), EFBIG);
    EXPECT_EQ(file->truncate(PAGE_SIZE + 4).error(), EFBIG);
    EXPECT_EQ(file->size(), PAGE_SIZE + 3);
    EXPECT_TRUE(file->truncate(PAGE_SIZE + 3));
    EXPECT_EQ(file.text(PAGE_SIZE, 10), "abc");
}

TEST(memory_file, what_truncation_cut_off_reads_as_zeroes_when_it_grows_again) {
    test_file file;
    ASSERT_TRUE(file);
    EXPECT_EQ(file.write(0, "0123456789"), 10u);
    EXPECT_EQ(file.write(PAGE_SIZE, "second"), 6u);
    EXPECT_EQ(file.write(3 * PAGE_SIZE, "fourth"), 6u);
    EXPECT_EQ(file.pages(), 3u);
    EXPECT_TRUE(file->truncate(4));
    EXPECT_EQ(file.pages(), 1u);
    EXPECT_EQ(file.text(0, 10), "0123");
    EXPECT_TRUE(file->truncate(4 * PAGE_SIZE));
    EXPECT_EQ(file.pages(), 1u);
    EXPECT_EQ(file.text(0, 10), "0123......");
    EXPECT_EQ(file.text(PAGE_SIZE, 6), "......");
    EXPECT_TRUE(file->truncate(PAGE_SIZE));
    EXPECT_EQ(file.text(0, 6), "0123..");
    EXPECT_TRUE(file->truncate(0));
    EXPECT_EQ(file.pages(), 0u);
    EXPECT_EQ(file->size(), 0u);
}

TEST(memory_file, a_hole_reads_as_zeroes_and_takes_no_memory) {
    test_file file;
    ASSERT_TRUE(file);
    for (u32 i = 0; i < 3; ++i) EXPECT_EQ(file.write(i * PAGE_SIZE, "0123456789"), 10u);
    file->contents().punch_hole(2, 5);  // in a page
    EXPECT_EQ(file.text(0, 10), "01...56789");
    EXPECT_EQ(file.pages(), 3u);
    file->contents().punch_hole(PAGE_SIZE - 1, PAGE_SIZE + 3);  // in two
    EXPECT_EQ(file.text(PAGE_SIZE, 10), "...3456789");
    EXPECT_EQ(file.pages(), 3u);
    file->contents().punch_hole(7, 2 * PAGE_SIZE + 4);  // a whole one, and parts
    EXPECT_EQ(file.text(0, 10), "01...56...");
    EXPECT_EQ(file.text(PAGE_SIZE, 10), "..........");
    EXPECT_EQ(file.text(2 * PAGE_SIZE, 10), "....456789");
    EXPECT_EQ(file.pages(), 2u);
    EXPECT_EQ(file->size(), 2u * PAGE_SIZE + 10);
    file->contents().punch_hole(0, PAGE_SIZE);
    EXPECT_EQ(file.pages(), 1u);
}

TEST(memory_file, what_is_allocated_is_there_before_it_is_written) {
    test_file file(4 * PAGE_SIZE);
    ASSERT_TRUE(file);
    EXPECT_EQ(file.write(0, "first"), 5u);
    EXPECT_TRUE(file->contents().allocate(PAGE_SIZE + 1, 2 * PAGE_SIZE + 1));
    EXPECT_EQ(file.pages(), 3u);
    EXPECT_EQ(file->size(), 2u * PAGE_SIZE + 1);
    EXPECT_TRUE(file->contents().allocate(0, 10));
    EXPECT_EQ(file.pages(), 3u);
    EXPECT_EQ(file->size(), 2u * PAGE_SIZE + 1);
    EXPECT_EQ(file->contents().allocate(0, 4 * PAGE_SIZE + 1).error(), EFBIG);
    the_page_allocator().fail_page_alloc().set_nth(1);
    EXPECT_EQ(file->contents().allocate(0, 4 * PAGE_SIZE).error(), ENOMEM);
    EXPECT_EQ(file.pages(), 3u);
    EXPECT_EQ(file->size(), 2u * PAGE_SIZE + 1);
}

// F5: who maps the file and who reads it share a frame.
TEST(memory_file, a_page_of_its_mapping_is_its_contents) {
    test_file file;
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->truncate(PAGE_SIZE));
    const result<page*> shown = read_mapping_page(*file->f_mapping, 0, cache_mask);
    ASSERT_TRUE(shown);
    memcpy_to_page(**shown, 7, "seen", 4);
    EXPECT_EQ(file.text(5, 8), "..seen..");
    file.write(8, "E");
    char byte;
    memcpy_from_page(&byte, **shown, 8, 1);
    EXPECT_EQ(byte, 'E');
    put_page(*shown);
}

TEST(memory_file, goes_with_the_last_reference) {
    const result<memory_file*> made = memory_file::create("memfd:two");
    ASSERT_TRUE(made);
    file* const open = *made;
    EXPECT_EQ(get_file(open), open);
    EXPECT_EQ(open->f_count.load(), 2u);
    fput(open);
    EXPECT_EQ(open->f_mode, FMODE_READ | FMODE_WRITE);
    text_buffer<40> name;
    EXPECT_EQ(open->name(name), 9u);
    EXPECT_EQ(name.view(), "memfd:two");
    EXPECT_EQ((*made)->write(0, "x", 1).value_or(0), 1u);
    fput(open);  // page, name and file: the counts of all three are compared
}

TEST(memory_file, shared_anonymous_memory_is_a_file_of_zeroes) {
    const result<file*> made = shmem_zero_file(3 * PAGE_SIZE);
    ASSERT_TRUE(made);
    file& zero = **made;
    EXPECT_EQ(zero.size(), 3u * PAGE_SIZE);
    EXPECT_EQ(u32{zero.f_mapping->nrpages}, 0u);
    text_buffer<40> name;
    zero.name(name);
    EXPECT_EQ(name.view(), "/dev/zero (deleted)");
    EXPECT_EQ(MAJOR(zero.s_dev), 0u);
    EXPECT_EQ(MINOR(zero.s_dev), 1u);
    const result<file*> other = shmem_zero_file(PAGE_SIZE);
    ASSERT_TRUE(other);
    EXPECT_NE((*other)->i_ino, zero.i_ino);
    EXPECT_NE((*other)->f_mapping, zero.f_mapping);
    fput(*other);
    fput(&zero);
    EXPECT_EQ(shmem_zero_file(memory_contents::MAX_LFS_FILESIZE + 1).error(), EFBIG);
}

TEST(memory_file, each_lack_of_memory_is_told_and_nothing_is_lost) {
    const auto three_pages = [] {
        const result<memory_file*> made = memory_file::create("memfd:short");
        if (!made) {
            EXPECT_EQ(made.error(), ENOMEM);
            return;
        }
        memory_file& file = **made;
        constexpr size_t bytes = 2 * PAGE_SIZE + 10;
        struct room { u8 text[bytes]; };
        u8* const text = in_scratch<room>().text;
        memset(text, 'x', bytes);
        const result<size_t> written = file.write(PAGE_SIZE - 5, text, bytes);
        if (!written) EXPECT_EQ(written.error(), ENOMEM);
        else EXPECT_EQ(file.size(), PAGE_SIZE - 5 + *written);
        // Whole pages up to where it failed.
        const size_t done = written.value_or(0);
        EXPECT_TRUE(done == 0 || done == 5 || done == 5 + PAGE_SIZE ||
                    done == 5 + 2 * PAGE_SIZE || done == bytes);
        EXPECT_EQ(file.read(PAGE_SIZE - 5, text, bytes), done);
        file.contents().check_invariants();
        fput(&file);
    };
    EXPECT_GE(for_each_failure(the_page_allocator().fail_page_alloc(), three_pages), 4u);
    // Name, file, and a node for the pages 0 to 63.
    EXPECT_EQ(for_each_failure(failslab, three_pages), 3u);
}
