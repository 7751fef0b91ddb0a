// What the checks of the page cache find, by the numbers of its invariants; and the bugs
// that its calls notice by themselves.
#include "host-tests/support/kernel.hpp"
#include "mm/cache/cache_fixture.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/cache/rmap.hpp"
#include "mm/cache/rmap_fixture.hpp"

#include <test.hpp>

namespace {

template <class Action>
std::string complaint(Action action) {
    try {
        action();
    } catch (const kernel_panic& panic) {
        return panic.message;
    }
    return "none";
}

#define EXPECT_COMPLAINT(name, ...)                                  \
    {                                                                \
        const std::string said = complaint([&] { __VA_ARGS__; });    \
        EXPECT_NE(said.find(name), std::string::npos) << said;       \
    }

}  // namespace

TEST(page_cache_detectors, name_what_is_wrong_with_a_page) {
    numbered_file file;
    file.number_at(7);
    page& page = *file.at(7);
    page.index = 8;
    EXPECT_COMPLAINT("I1", file.mapping.check_invariants());
    page.index = 7;
    page.mapping = nullptr;
    EXPECT_COMPLAINT("I1", file.mapping.check_invariants());
    page.mapping = &file.mapping;
    page_add_file_rmap(page);  // without a reference
    EXPECT_COMPLAINT("I1", file.mapping.check_invariants());
    page_remove_rmap(page);
    file.mapping.nrpages = 2;
    EXPECT_COMPLAINT("I2", file.mapping.check_invariants());
    file.mapping.nrpages = 1;
    set_page_dirty(page);
    ClearPageFlag(page, PG_dirty);
    EXPECT_COMPLAINT("I4", file.mapping.check_invariants());
    SetPageFlag(page, PG_dirty);
    file.mapping.check_invariants();
}

TEST(page_cache_detectors, name_a_wrong_page_of_memory) {
    memory_file* const file = *memory_file::create("memfd:wrong");
    ASSERT_TRUE(file->write(0, "x", 1));
    page* const page = find_get_page(*file->f_mapping, 0);
    ClearPageFlag(*page, PG_uptodate);
    EXPECT_COMPLAINT("memory_contents I1", file->contents().check_invariants());
    SetPageFlag(*page, PG_uptodate);
    put_page(page);
    put_page(*read_mapping_page(*file->f_mapping, 1, cache_mask));
    EXPECT_COMPLAINT("memory_contents I2", file->contents().check_invariants());
    fput(file);
}

TEST(page_cache_detectors, notice_misuse) {
    numbered_file file;
    file.number_at(7);
    page& page = *file.at(7);
    EXPECT_COMPLAINT("was not locked", unlock_page(page));
    EXPECT_COMPLAINT("leaves a page cache", delete_from_page_cache(page));
    EXPECT_COMPLAINT("was in none", page_remove_rmap(page));
    page._mapcount.store(-1);
    numbered_file other;
    EXPECT_COMPLAINT("is put into a page cache",
                     static_cast<void>(add_to_page_cache(page, other.mapping, 1)));
    unlock_page(page);
}

TEST(page_cache_detectors, notice_misuse_of_anonymous_pages) {
    test_area a('a', 100, 4), bare('b', 200, 4);
    ASSERT_TRUE(anon_vma_prepare(a, nullptr));
    page* const page = a.make_page(100);
    EXPECT_COMPLAINT("is not new", page_add_new_anon_rmap(*page, a, a.vm_start));
    EXPECT_COMPLAINT("rmap I3", page_add_anon_rmap(*page, a, a.vm_start + PAGE_SIZE));
    page_remove_rmap(*page);
    EXPECT_COMPLAINT("without anon_vma",
                     page_add_new_anon_rmap(*page, bare, bare.vm_start));
    EXPECT_COMPLAINT("is not in the area", page_add_new_anon_rmap(*page, a, a.vm_end));
    page_dup_rmap(*page);
    EXPECT_COMPLAINT("is not one area's alone", page_move_anon_rmap(*page, a));
    page_remove_rmap(*page);
    remove_page(page);
}
