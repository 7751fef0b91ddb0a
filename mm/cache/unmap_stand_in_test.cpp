// What truncation asks of mm/vm, as long as there is no mm/vm: who is asked notes it.
#include "mm/cache/cache_fixture.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/cache/rmap.hpp"

#include <test.hpp>

namespace {

struct unmap_call {
    address_space* mapping;
    u32 first, pages;
    u32 nrpages;  // that the file still had
};
constinit unmap_call calls[8] = {};
constinit u32 call_count = 0;
// One that is in a page table, until unmapped.
constinit page* shown = nullptr;

}  // namespace

void unmap_mapping_range(address_space& mapping, u32 first, u32 pages) {
    calls[call_count++ % 8] = {&mapping, first, pages, mapping.nrpages};
    if (!shown || shown->mapping != &mapping || shown->index < first) return;
    if (pages > 0 && shown->index - first >= pages) return;
    page_remove_rmap(*shown);
    put_page(shown);
    shown = nullptr;
}

TEST(truncation, takes_pages_out_of_page_tables_before_and_after_they_go) {
    const result<memory_file*> made = memory_file::create("memfd:cut");
    ASSERT_TRUE(made);
    memory_file& file = **made;
    for (u32 index = 0; index < 4; ++index)
        EXPECT_TRUE(file.write(index * PAGE_SIZE, "x", 1));
    call_count = 0;
    EXPECT_TRUE(file.truncate(PAGE_SIZE + 1));
    ASSERT_EQ(call_count, 2u);
    for (const unmap_call& call : {calls[0], calls[1]}) {
        EXPECT_EQ(call.mapping, file.f_mapping);
        EXPECT_EQ(call.first, 2u);
        EXPECT_EQ(call.pages, 0u);
    }
    EXPECT_EQ(calls[0].nrpages, 4u);
    EXPECT_EQ(calls[1].nrpages, 2u);
    // Growing takes nothing away.
    EXPECT_TRUE(file.truncate(PAGE_SIZE * 9));
    EXPECT_EQ(call_count, 2u);
    fput(&file);
}

TEST(truncation, takes_a_single_page_out_that_somebody_has_just_mapped) {
    numbered_file file;
    for (u32 index = 0; index < 3; ++index) file.number_at(index);
    shown = find_get_page(file.mapping, 1);
    ASSERT_TRUE(shown);
    page_add_file_rmap(*shown);
    call_count = 0;
    truncate_inode_pages(file.mapping, 0);
    ASSERT_EQ(call_count, 1u);
    EXPECT_EQ(calls[0].first, 1u);
    EXPECT_EQ(calls[0].pages, 1u);
    EXPECT_TRUE(!shown);
    EXPECT_EQ(u32{file.mapping.nrpages}, 0u);
}
