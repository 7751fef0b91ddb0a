// The report of an allocation that failed: what it says, how often, and when not.
#include "host-tests/mm/simulated_memory.hpp"
#include "host-tests/support/kernel.hpp"
#include "lib/ratelimit.hpp"

#include <test.hpp>

namespace {

constexpr simulated_memory::shape small{
    .frames = 3072, .dma_end = 1024, .normal_end = 3072};

std::string whole_log() {
    std::string text;
    for (const log_line& line : kernel_log()) text += line.text + "\n";
    return text;
}

size_t reports_in_log() {
    size_t count = 0;
    for (const log_line& line : kernel_log())
        if (line.text.starts_with("page allocation failure")) ++count;
    return count;
}

// Each test begins where no report has been made for long.
class allocation_failure : public testing::Test {
protected:
    void SetUp() override {
        host_uptime_us += 10 * ratelimit::default_interval_us;
        while (memory_->alloc_pages(GFP_KERNEL | __GFP_NOWARN, 4)) {}
        memory_->alloc_pages(GFP_KERNEL, 10);  // what earlier tests left out is told here
        host_uptime_us += 10 * ratelimit::default_interval_us;
        clear_log();
    }
    simulated_memory memory_{small};
};

}  // namespace

TEST_F(allocation_failure, says_what_was_asked_and_how_the_zones_stood) {
    EXPECT_FALSE(memory_->alloc_pages(GFP_KERNEL | __GFP_ZERO, 5));
    const std::string log = whole_log();
    EXPECT_EQ(reports_in_log(), 1u);
    EXPECT_EQ(kernel_log().front().text, "page allocation failure: order:5, mode:0xdc0");
    const zone& normal = memory_->zone_at(ZONE_NORMAL);
    const auto kib = [](u32 pages) { return std::to_string(pages * 4) + "kB"; };
    for (const std::string& part :
         {std::string("GFP_KERNEL|__GFP_ZERO"), std::string("asked for by"),
          "Normal: free:" + kib(normal.free_pages()), "min:" + kib(normal.wmark[WMARK_MIN]),
          "low:" + kib(normal.wmark[WMARK_LOW]), "high:" + kib(normal.wmark[WMARK_HIGH]),
          "managed:" + kib(normal.managed_pages()), "= " + kib(normal.free_pages()),
          std::string("DMA: free:")})
        EXPECT_NE(log.find(part), std::string::npos) << part << " is not in:\n" << log;
    EXPECT_EQ(log.find("HighMem"), std::string::npos) << log;  // there is none
}

TEST_F(allocation_failure, nowarn_is_silent_but_counted) {
    const u32 failed = memory_->nr_failed();
    EXPECT_FALSE(memory_->alloc_pages(GFP_KERNEL | __GFP_NOWARN, 5));
    EXPECT_TRUE(kernel_log().empty());
    EXPECT_EQ(memory_->nr_failed(), failed + 1);
}

TEST_F(allocation_failure, an_order_that_no_block_has_fails_like_others) {
    EXPECT_FALSE(memory_->alloc_pages(GFP_KERNEL, MAX_ORDER));
    EXPECT_EQ(reports_in_log(), 1u);
    EXPECT_FALSE(memory_->alloc_pages(GFP_KERNEL, 40));
    EXPECT_EQ(reports_in_log(), 2u);
    memory_->check_invariants();
}

TEST_F(allocation_failure, is_told_ten_times_in_five_seconds) {
    for (int i = 0; i < 30; ++i) EXPECT_FALSE(memory_->alloc_pages(GFP_KERNEL, 6));
    EXPECT_EQ(reports_in_log(), 10u);
    clear_log();
    host_uptime_us += ratelimit::default_interval_us;
    EXPECT_FALSE(memory_->alloc_pages(GFP_KERNEL, 6));
    EXPECT_EQ(reports_in_log(), 1u);
    EXPECT_EQ(kernel_log().front().text, "20 allocation failures were not reported");
}

// Failing is not an error of the allocator's: what is freed is there again.
TEST_F(allocation_failure, a_success_says_nothing) {
    simulated_memory other(small);
    page* const head = other->alloc_pages(GFP_KERNEL, 4);
    ASSERT_TRUE(head);
    other->free_pages(head, 4);
    EXPECT_TRUE(kernel_log().empty());
    EXPECT_EQ(other->nr_failed(), 0u);
}

TEST_F(allocation_failure, of_a_range_says_how_many_pages) {
    EXPECT_FALSE(memory_->alloc_contig_pages(2500, GFP_KERNEL));
    EXPECT_EQ(reports_in_log(), 1u);
    EXPECT_EQ(kernel_log().front().text, "page allocation failure: 2500 pages, mode:0xcc0");
    EXPECT_FALSE(memory_->alloc_contig_pages(2500, GFP_KERNEL | __GFP_NOWARN));
    EXPECT_EQ(reports_in_log(), 1u);
}
