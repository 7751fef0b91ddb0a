// A fault as it is told, and what smaps and pagemap say of the pages that it made.
#include "host-tests/vm/space.hpp"
#include "mm/vm/faults_story.hpp"
#include "mm/vm/pagemap.hpp"
#include "mm/vm/smaps.hpp"

#include <test.hpp>

#include <string>

namespace {

constexpr u32 base = 0x08048000;

class fault_seen : public vm_test {
protected:
    ~fault_seen() override { fault_stories = {}; }
};

class string_sink final : public text_sink {
public:
    void write(std::string_view more) override { text += more; }
    bool has(std::string_view part) const { return text.find(part) != std::string::npos; }

    std::string text;
};

}  // namespace

TEST_F(fault_seen, a_story_says_what_was_found_decided_and_done) {
    space s;
    s.add(base, 4, private_rw);
    fault_stories.on = true;
    EXPECT_TRUE(s.write(base + 0x1a2c, 1));
    EXPECT_EQ(fault_stories.count, 1u);
    const fault_story& story = fault_stories.last();
    EXPECT_EQ(story.decision, fault_decision::map_new_page);
    EXPECT_EQ(story.vm_start, base);
    EXPECT_EQ(story.before, 0u);
    EXPECT_EQ(story.after, entry_at(s.mm, base + PAGE_SIZE));
    EXPECT_FALSE(story.search.cache_hit);
    EXPECT_EQ(story.search.steps, 1u);
    string_sink out;
    print_fault_story(out, story);
    EXPECT_TRUE(out.has("write to 0x08049a2c by a program")) << out.text;
    EXPECT_TRUE(out.has("rw-p anonymous")) << out.text;
    EXPECT_TRUE(out.has("demand zero, write")) << out.text;
    EXPECT_TRUE(out.has("fresh, of the page allocator, mapped here only")) << out.text;
    EXPECT_TRUE(s.write(base, 1));
    EXPECT_TRUE(fault_stories.last().search.cache_hit);
    EXPECT_EQ(s.touch(base - 1), segv_maperr(base - 1));
    EXPECT_EQ(fault_stories.last().outcome, segv_maperr(base - 1));
}

TEST_F(fault_seen, smaps_divides_what_is_shared) {
    space parent, child;
    parent.add(base, 4, private_rw);
    parent.write(base, 1);
    parent.write(base + PAGE_SIZE, 1);
    EXPECT_EQ(parent.read(base + 2 * PAGE_SIZE), 0);
    ASSERT_TRUE(parent.copy_to(child));
    EXPECT_TRUE(child.write(base, 2));
    const smaps_stats stats = smaps_of(*child.mm.mmap);
    EXPECT_EQ(stats.resident, 2 * PAGE_SIZE);
    EXPECT_EQ(stats.pss >> smaps_stats::pss_shift, PAGE_SIZE + PAGE_SIZE / 2);
    EXPECT_EQ(stats.private_dirty, PAGE_SIZE);
    EXPECT_EQ(stats.shared_dirty, PAGE_SIZE);
    EXPECT_EQ(stats.anonymous, 2 * PAGE_SIZE);
    string_sink out;
    show_smap(out, *child.mm.mmap);
    EXPECT_TRUE(out.has("Size:                 16 kB\n")) << out.text;
    EXPECT_TRUE(out.has("Rss:                   8 kB\n")) << out.text;
    EXPECT_TRUE(out.has("Pss:                   6 kB\n")) << out.text;
    EXPECT_TRUE(out.has("VmFlags: rd wr mr mw me \n")) << out.text;
}

TEST_F(fault_seen, pagemap_has_a_word_for_each_page) {
    space s;
    memory_file* const file = numbered_file(1);
    s.add(base, 2, private_rw);
    s.add(base + 2 * PAGE_SIZE, 1, shared_ro, file);
    s.write(base, 1);
    EXPECT_EQ(s.read(base + 2 * PAGE_SIZE), 1);
    u64 words[3];
    EXPECT_EQ(read_pagemap(s.mm, base >> PAGE_SHIFT, words), 3u);
    EXPECT_EQ(words[0], PM_PRESENT | PM_MMAP_EXCLUSIVE | s.frame_at(base) >> PAGE_SHIFT);
    EXPECT_EQ(words[1], 0u);
    EXPECT_EQ(words[2] & (PM_PRESENT | PM_FILE | PM_MMAP_EXCLUSIVE),
              PM_PRESENT | PM_FILE | PM_MMAP_EXCLUSIVE);
    EXPECT_EQ(read_pagemap(s.mm, (TASK_SIZE >> PAGE_SHIFT) - 2, words), 2u);
    fput(file);
}
