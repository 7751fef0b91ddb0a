// What report_slab_bug writes to the log, line by line.
#include "host-tests/support/kernel.hpp"
#include "lib/log.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"

#include <test.hpp>

#include <cstring>

namespace {

constexpr u32 size = 20;

std::string hex(const void* address) {
    text_buffer<32> text;
    format_to(text, "{:p}", address);
    return std::string(text.view());
}

class slab_report_lines : public testing::Test {
protected:
    void SetUp() override {
        host_uptime_us = 1234567;
        cache_ = kmem_cache_create_with(slub_strategy(), "test-reports", size, 8,
                                        SLAB_DEBUG_FLAGS | SLAB_NO_MERGE, nullptr);
        object_ = static_cast<u8*>(kmem_cache_alloc_from(cache_, size, GFP_KERNEL, 0x11110));
        memset(object_, 0x41, size);
        host_uptime_us = 2000000;
        clear_log();
    }
    void TearDown() override {
        for (const log_line& line : kernel_log()) {
            EXPECT_LE(line.text.size(), log_line_columns) << line.text;
            EXPECT_EQ(line.level, static_cast<int>(log_level::err));
        }
        host_uptime_us = 0;
        EXPECT_TRUE(kmem_cache_destroy(cache_));
    }

    void give() { kmem_cache_free_from(cache_, object_, 0x22220); }
    // The log against what is expected; "..." is any one line.
    void expect_log(const std::vector<std::string>& expected) {
        std::vector<std::string> lines;
        for (const log_line& line : kernel_log()) lines.push_back(line.text);
        EXPECT_EQ(lines, expected);
    }
    std::string at(intptr_t offset) const { return hex(object_ + offset); }

    kmem_cache* cache_ = nullptr;
    u8* object_ = nullptr;
};

}  // namespace

// Aligned to 8, the object has 8 bytes before it, and 4 behind.
TEST_F(slab_report_lines, of_a_right_red_zone) {
    object_[size + 1] = 0x42;
    give();
    expect_log({
        "BUG test-reports: Right Redzone overwritten",
        at(21) + ": 0x42 instead of 0xcc, at offset 21",
        "Object " + at(0) + " of 20 bytes",
        "Found in 0x22220",
        "Allocated cpu=0 at 1234 ms in 0x11110",
        "Redzone  " + at(-8) + ":",
        "   cc cc cc cc cc cc cc cc",
        "Object   " + at(0) + ":",
        "   41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41",
        "Object   " + at(16) + ":",
        "   41 41 41 41",
        "Redzone  " + at(20) + ":",
        "   cc 42 cc cc",
    });
}

TEST_F(slab_report_lines, of_a_double_free) {
    give();
    clear_log();
    give();
    std::vector<std::string> lines;
    for (const log_line& line : kernel_log()) lines.push_back(line.text);
    ASSERT_GE(lines.size(), 5u);
    EXPECT_EQ(lines[0], "BUG test-reports: Object already free");
    EXPECT_EQ(lines[1], "Object " + at(0) + " of 20 bytes");
    EXPECT_EQ(lines[2], "Found in 0x22220");
    EXPECT_EQ(lines[3], "Allocated cpu=0 at 1234 ms in 0x11110");
    EXPECT_EQ(lines[4], "Freed cpu=0 at 2000 ms in 0x22220");
    EXPECT_EQ(lines.back(), "   bb bb bb bb");
}

TEST_F(slab_report_lines, of_an_address_in_the_middle) {
    kmem_cache_free_from(cache_, object_ + 4, 0x22220);
    EXPECT_EQ(kernel_log()[0].text, "BUG test-reports: Address in the middle of an object");
    EXPECT_EQ(kernel_log()[1].text, "Address " + at(4));
    EXPECT_EQ(kernel_log()[2].text, "Object " + at(0) + " of 20 bytes");
    give();
}

// Of what is no object of this cache, nothing is said but the address.
TEST_F(slab_report_lines, of_what_is_no_object) {
    give();
    clear_log();
    kmem_cache_free_from(cache_, this, 0x22220);
    expect_log({
        "BUG test-reports: Not an object address",
        "Address " + hex(this),
        "Found in 0x22220",
    });
}

TEST_F(slab_report_lines, of_poison_say_what_should_be_there) {
    give();
    // Not by way of the object, which ASan knows to be free.
    report_slab_bug({.bug = slab_bug::poison,
                     .cache = *cache_,
                     .object = object_,
                     .bad = object_ + 3,
                     .expected = POISON_FREE,
                     .caller = 0x33330});
    EXPECT_EQ(kernel_log()[0].text, "BUG test-reports: Poison overwritten");
    EXPECT_EQ(kernel_log()[1].text,
              at(3) + ": 0x6b instead of 0x6b, at offset 3");
}

TEST_F(slab_report_lines, of_a_link_say_where_it_leads) {
    give();
    report_slab_bug({.bug = slab_bug::link,
                     .cache = *cache_,
                     .object = object_,
                     .link = reinterpret_cast<void*>(0x4141),
                     .lost = 12});
    EXPECT_EQ(kernel_log()[0].text, "BUG test-reports: Freechain corrupt");
    EXPECT_EQ(kernel_log()[1].text,
              "Link fp=" + hex(reinterpret_cast<void*>(0x4141)) +
                  ", 12 objects of its slab are given up");
    EXPECT_EQ(kernel_log()[2].text, "Object " + at(0) + " of 20 bytes");
}

TEST_F(slab_report_lines, of_a_first_link_tell_no_object) {
    give();
    clear_log();
    const void* const nowhere = reinterpret_cast<void*>(0x4141);
    report_slab_bug({.bug = slab_bug::first_link,
                     .cache = *cache_,
                     .object = nowhere,
                     .link = nowhere,
                     .lost = 3});
    expect_log({
        "BUG test-reports: Freepointer corrupt",
        "Link fp=" + hex(nowhere) + ", 3 objects of its slab are given up",
        "Address " + hex(nowhere),
    });
}

// Large objects are shown by their first 64 bytes.
TEST(slab_report, shows_four_lines_of_an_object_at_most) {
    kmem_cache* const cache = kmem_cache_create_with(slub_strategy(), "test-large", 500, 0,
                                                     SLAB_POISON | SLAB_NO_MERGE, nullptr);
    void* const object = kmem_cache_alloc(cache, GFP_KERNEL);
    kmem_cache_free(cache, object);
    clear_log();
    kmem_cache_free(cache, object);
    EXPECT_EQ(kernel_log().size(), 3u + 2 * 4);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

TEST(slab_report, a_leak_is_told_in_few_lines) {
    kmem_cache* const cache = kmem_cache_create_with(
        slub_strategy(), "test-leak", 32, 0, SLAB_STORE_USER | SLAB_NO_MERGE, nullptr);
    void* const object = kmem_cache_alloc_from(cache, 32, GFP_KERNEL, 0x44440);
    clear_log();
    EXPECT_FALSE(kmem_cache_destroy(cache));
    ASSERT_EQ(kernel_log().size(), 3u);
    EXPECT_EQ(kernel_log()[0].text, "BUG test-leak: Object remaining");
    EXPECT_EQ(kernel_log()[1].text, "Object " + hex(object) + " of 32 bytes");
    EXPECT_EQ(kernel_log()[2].text.find("Allocated cpu=0 at "), 0u);
    kmem_cache_free(cache, object);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}
