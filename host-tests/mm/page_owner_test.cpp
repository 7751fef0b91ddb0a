// Who has a page and who had it: the caller itself, not the allocator's own insides.
// And what is done with the contents of free frames, and what the log says.
#include "host-tests/mm/simulated_memory.hpp"
#include "host-tests/support/kernel.hpp"

#include <test.hpp>

namespace {

constexpr simulated_memory::shape with_contents{
    .frames = 3072, .dma_end = 1024, .normal_end = 2048, .contents = true};

[[gnu::noinline]] page* a_caller(page_allocator& allocator, unsigned order) {
    return allocator.alloc_pages(GFP_NOFS, order);
}
[[gnu::noinline]] page* a_range_caller(page_allocator& allocator) {
    return allocator.alloc_contig_pages(1030, GFP_HIGHUSER);
}
[[gnu::noinline]] void a_freeing_caller(page_allocator& allocator, page* head,
                                        unsigned order) {
    allocator.free_pages(head, order);
}
[[gnu::noinline]] void a_putting_caller(page_allocator& allocator, page* head) {
    allocator.put_page(head);
}
[[gnu::noinline]] void a_range_freeing_caller(page_allocator& allocator, page* first) {
    allocator.free_contig_pages(first, 1030);
}

// These functions are short.
template <class Function>
testing::AssertionResult is_inside(uintptr_t address, Function* function) {
    const auto start = reinterpret_cast<uintptr_t>(function);
    if (address > start && address < start + 256) return testing::AssertionSuccess();
    return testing::AssertionFailure() << std::hex << address << " is not in " << start;
}

std::string whole_log() {
    std::string text;
    for (const log_line& line : kernel_log()) text += line.text + "\n";
    return text;
}

std::vector<page_report> reports;
void remember_report(const page_report& report) { reports.push_back(report); }

}  // namespace

TEST(page_owner, is_the_caller_of_every_page_of_a_block) {
    simulated_memory memory(with_contents);
    page* const head = a_caller(*memory, 2);
    for (u32 i = 0; i < 4; ++i) {
        const page_owner* const owner = memory->owner(memory->frame_of(head) + i);
        EXPECT_TRUE(is_inside(owner->allocated_by, a_caller));
        EXPECT_EQ(owner->mask, GFP_NOFS);
        EXPECT_EQ(owner->freed_by, 0u);
    }
    a_freeing_caller(*memory, head, 2);
    const pfn last = memory->frame_of(head) + 3;
    EXPECT_TRUE(is_inside(memory->owner(last)->freed_by, a_freeing_caller));
    page* const single = a_caller(*memory, 0);
    a_putting_caller(*memory, single);
    const pfn frame = memory->frame_of(single);
    EXPECT_TRUE(is_inside(memory->owner(frame)->freed_by, a_putting_caller));
}

TEST(page_owner, is_the_caller_of_every_page_of_a_range) {
    simulated_memory memory({.frames = 6144, .dma_end = 1024, .normal_end = 2048,
                             .contents = true});
    page* const first = a_range_caller(*memory);
    ASSERT_TRUE(first);
    const pfn frame = memory->frame_of(first);
    for (const u32 i : {0u, 1023u, 1024u, 1029u}) {
        EXPECT_TRUE(is_inside(memory->owner(frame + i)->allocated_by, a_range_caller));
        EXPECT_EQ(memory->owner(frame + i)->mask, GFP_HIGHUSER);
    }
    a_range_freeing_caller(*memory, first);
    for (const u32 i : {0u, 1023u, 1024u, 1029u})
        EXPECT_TRUE(is_inside(memory->owner(frame + i)->freed_by, a_range_freeing_caller));
}

TEST(page_contents, zero_clears_all_of_the_block) {
    simulated_memory memory(with_contents);
    for (const unsigned order : {0u, 3u, 5u}) {
        page* const head = memory->alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
        EXPECT_FALSE(memory.bytes().find_other(memory->frame_of(head), 1u << order, 0));
        memory.bytes().fill(memory->frame_of(head), 1u << order, 0x5c);
        memory->free_pages(head, order);
    }
    memory->drain_local_pages();
    page* const range = memory->alloc_contig_pages(700, GFP_KERNEL | __GFP_ZERO);
    ASSERT_TRUE(range);
    EXPECT_FALSE(memory.bytes().find_other(memory->frame_of(range), 700, 0));
    memory->check_invariants();
}

TEST(page_contents, free_frames_are_poisoned) {
    simulated_memory memory(with_contents);
    page* const head = memory->alloc_pages(GFP_KERNEL, 3);
    const pfn first = memory->frame_of(head);
    memory.bytes().fill(first, 8, 0x11);
    memory->free_pages(head, 3);
    EXPECT_FALSE(memory.bytes().find_other(first, 8, PAGE_POISON));
}

TEST(page_contents, frames_that_nobody_had_may_hold_anything) {
    simulated_memory memory(with_contents);
    memory->set_reporter(remember_report);
    reports.clear();
    memory.bytes().fill(pfn(1), memory->frames() - 1, 0x77);
    EXPECT_TRUE(memory->alloc_pages(GFP_KERNEL, 4));
    EXPECT_TRUE(reports.empty());
}

TEST(page_contents, use_after_free_is_found_when_the_block_is_given_out_again) {
    for (const unsigned order : {0u, 3u, 6u}) {
        simulated_memory memory(with_contents);
        memory->set_reporter(remember_report);
        reports.clear();
        page* const head = memory->alloc_pages(GFP_KERNEL, order);
        const pfn last = memory->frame_of(head) + (1u << order) - 1;
        memory->free_pages(head, order);
        memory.bytes().at(last)[4095] = 0xab;
        page* const again = memory->alloc_pages(GFP_KERNEL, order);
        ASSERT_EQ(again, head);
        ASSERT_EQ(reports.size(), 1u);
        EXPECT_EQ(reports[0].bug, page_bug::use_after_free);
        EXPECT_EQ(reports[0].frame, last);
        EXPECT_NE(reports[0].owner->freed_by, 0u);
        memory->check_invariants();
        memory->free_pages(again, order);
        EXPECT_EQ(memory->alloc_pages(GFP_KERNEL, order), head);  // poisoned anew
        EXPECT_EQ(reports.size(), 1u);
        memory->check_invariants();
    }
}

TEST(page_contents, use_after_free_is_found_in_ranges_too) {
    simulated_memory memory(with_contents);
    memory->set_reporter(remember_report);
    reports.clear();
    page* const first = memory->alloc_contig_pages(700, GFP_KERNEL);
    ASSERT_TRUE(first);
    const pfn last = memory->frame_of(first) + 699;
    memory->free_contig_pages(first, 700);
    memory->drain_local_pages();
    memory.bytes().at(last)[0] = 0xab;
    ASSERT_EQ(memory->alloc_contig_pages(700, GFP_KERNEL), first);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].bug, page_bug::use_after_free);
    EXPECT_EQ(reports[0].frame, last);
    memory->check_invariants();
}

TEST(page_report_log, says_what_where_in_which_state_and_whose) {
    simulated_memory memory(with_contents);
    page* const head = memory->alloc_pages(GFP_HIGHUSER_MOVABLE, 2);
    memory->free_pages(head, 1);
    const std::string log = whole_log();
    text_buffer<80> first;
    format_to(first, "BUG: free with the wrong order: frame {:#x}, order 1",
              memory->frame_of(head).raw());
    EXPECT_EQ(kernel_log().front().text, first.view());
    for (const char* const part : {"allocated", "zone HighMem, order 2, type", "refcount 1",
                                   "found at", "last allocated by", "GFP_HIGHUSER_MOVABLE"})
        EXPECT_NE(log.find(part), std::string::npos) << part << " is not in:\n" << log;
    EXPECT_EQ(log.find("last freed by"), std::string::npos) << log;
    memory->free_pages(head, 2);
    clear_log();
    memory->free_pages(head, 2);
    EXPECT_NE(whole_log().find("BUG: double free"), std::string::npos);
    EXPECT_NE(whole_log().find("last freed by"), std::string::npos);
}

TEST(page_report_log, says_little_of_what_is_no_page) {
    simulated_memory memory(with_contents);
    memory->free_pages(nullptr, 3);
    EXPECT_NE(whole_log().find("BUG: free of what is no page"), std::string::npos);
    EXPECT_EQ(whole_log().find("refcount"), std::string::npos);
}
