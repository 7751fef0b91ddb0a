// What the monitor shows of an address space: maps, vmas, smaps, pagemap, faults.
#include "host-tests/support/caller.hpp"
#include "host-tests/vm/space.hpp"
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "mm/vm/faults_story.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/named_space.hpp"

#include <test.hpp>

#include <sstream>
#include <string>

namespace {

constexpr u32 base = 0x20000000;
constexpr u32 anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

class string_sink final : public text_sink {
public:
    void write(std::string_view more) override { text += more; }
    std::string text;
};

class offered_words final : public completion_sink {
public:
    void offer(std::string_view word) override { words += std::string(word) + " "; }
    std::string words;
};

const monitor_command& command(std::string_view name) {
    for (const monitor_command* known : registered<monitor_command>())
        if (known->name == name) return *known;
    throw std::logic_error("there is no such command");
}

class vm_commands : public vm_test {
protected:
    ~vm_commands() override { fault_stories = {}; }

    // A line as it is typed; what it prints is in `text`.
    int run(const std::string& typed) {
        std::istringstream stream(typed);
        std::vector<std::string> words;
        for (std::string word; stream >> word;) words.push_back(word);
        const std::vector<std::string_view> views(words.begin(), words.end());
        command_line line{views};
        string_sink out;
        const int answer = command(views[0]).run(line, out);
        text = out.text;
        std::istringstream lines(text);
        for (std::string shown; std::getline(lines, shown);) EXPECT_LE(shown.size(), 80u);
        return answer;
    }
    bool shows(const char* part) const { return text.find(part) != std::string::npos; }

    std::string text;
};

// A space with a heap, a stack and some areas, loaded.
class loaded_mm {
public:
    loaded_mm() : mm(*mm_alloc()) {
        mm.start_brk = mm.brk = 0x08100000;
        mm.start_stack = 0xbffff000;
        EXPECT_EQ(do_brk(mm, 0x08102000), 0x08102000u);
        map(base, 4, PROT_READ | PROT_WRITE);
        map(base + 0x10000, 2, PROT_READ | PROT_EXEC);
        map(0xbfffe000, 2, PROT_READ | PROT_WRITE);
        use_mm(&mm);
    }
    ~loaded_mm() {
        use_mm(nullptr);
        mmput(mm);
    }
    void map(u32 address, u32 pages, u32 prot) {
        EXPECT_TRUE(do_mmap(mm, address, pages * PAGE_SIZE, prot, anonymous | MAP_FIXED,
                            nullptr, 0));
    }

    mm_struct& mm;
};

}  // namespace

TEST_F(vm_commands, without_a_program_there_is_nothing_to_show) {
    for (const char* name : {"maps", "vmas", "smaps", "pagemap 0"}) {
        EXPECT_EQ(run(name), ESRCH) << name;
        EXPECT_TRUE(shows("no address space")) << text;
    }
}

TEST_F(vm_commands, maps_and_vmas_show_each_area) {
    loaded_mm loaded;
    EXPECT_EQ(run("maps"), 0);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
    EXPECT_TRUE(shows("08100000-08102000 rw-p")) << text;
    EXPECT_TRUE(shows("[heap]\n")) << text;
    EXPECT_TRUE(shows("20010000-20012000 r-xp")) << text;
    EXPECT_TRUE(shows("[stack]\n")) << text;
    EXPECT_EQ(run("vmas"), 0);
    EXPECT_TRUE(shows("20000000-20004000 rw-p hole 392184K")) << text;
    EXPECT_TRUE(shows(" [heap]\n")) << text;
    EXPECT_TRUE(shows("4 areas, 10 pages")) << text;
}

TEST_F(vm_commands, a_program_is_named_by_its_number) {
    loaded_mm loaded;
    mm_of_pid_7 = &loaded.mm;
    use_mm(nullptr);
    for (const char* name : {"maps 7", "vmas 7", "smaps 7"}) {
        EXPECT_EQ(run(name), 0) << name;
        EXPECT_TRUE(shows("20010000-20012000 r-xp")) << text;
    }
    for (const char* name : {"maps 8", "vmas x", "smaps 99999999999", "faults 8"}) {
        EXPECT_EQ(run(name), ESRCH) << name;
        EXPECT_TRUE(shows("is no program with an address space")) << text;
    }
    EXPECT_EQ(loaded.mm.mm_users.load(memory_order::relaxed), 1u);
    mm_of_pid_7 = nullptr;
}

TEST_F(vm_commands, smaps_says_what_each_takes) {
    loaded_mm loaded;
    const u8 byte = 1;
    EXPECT_TRUE(the_software_cpu().write(base, &byte, 1));
    EXPECT_EQ(run("smaps"), 0);
    EXPECT_TRUE(shows("Rss:                   4 kB\n")) << text;
    EXPECT_TRUE(shows("Private_Dirty:         4 kB\n")) << text;
    EXPECT_TRUE(shows("[heap]\nSize:                  8 kB\n")) << text;
}

TEST_F(vm_commands, pagemap_shows_the_frames_behind_addresses) {
    loaded_mm loaded;
    const u8 byte = 1;
    EXPECT_TRUE(the_software_cpu().write(base + PAGE_SIZE, &byte, 1));
    EXPECT_EQ(run("pagemap 0x20000000 3"), 0);
    EXPECT_TRUE(shows("0x20000000  0x0000000000000000  not present\n")) << text;
    EXPECT_TRUE(shows("0x20001000")) << text;
    EXPECT_TRUE(shows(" exclusive\n0x20002000")) << text;
    EXPECT_EQ(run("pagemap 0xbffff000 9"), 0);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_EQ(run("pagemap 0x20000000"), 0);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    for (const char* wrong : {"pagemap", "pagemap x", "pagemap 0xc0000000", "pagemap 0 x",
                              "pagemap 0 0x1000000"}) {
        EXPECT_EQ(run(wrong), EINVAL) << wrong;
        EXPECT_EQ(text, "pagemap ADDR [PAGES]\n");
    }
}

TEST_F(vm_commands, pagemap_tells_files_and_swapped_pages) {
    space s;
    memory_file* const file = numbered_file(1);
    s.add(base, 1, shared_ro, file);
    s.add(base + PAGE_SIZE, 1, private_rw);
    EXPECT_EQ(s.read(base), 1);
    EXPECT_TRUE(s.write(base + PAGE_SIZE, 1));
    EXPECT_EQ(run("pagemap 0x20000000"), 0);
    EXPECT_TRUE(shows(" file exclusive\n")) << text;
    // No page is swapped out yet: the entry is written by hand.
    const user_page_table tables = tables_of(s.mm);
    pmd_t* const pmd = tables.pmd_offset(tables.pgd_offset(base), base + PAGE_SIZE);
    pte_t* const entry = tables.pte_offset_map(*pmd, base + PAGE_SIZE);
    const pte_entry before = entry->raw;
    kernel_format::fill(entry->raw, kernel_format::swapped({.type = 1, .offset = 5}));
    EXPECT_EQ(run("pagemap 0x20001000"), 0);
    EXPECT_TRUE(shows(" swapped\n")) << text;
    kernel_format::fill(entry->raw, before);
    tables.pte_unmap(entry);
    fput(file);
}

TEST_F(vm_commands, faults_are_told_when_they_are_asked_for) {
    EXPECT_EQ(run("faults"), EINVAL);
    EXPECT_EQ(run("faults last"), 0);
    EXPECT_EQ(text, "None was noted: faults on\n");
    offered_words offered;
    command("faults").complete(offered);
    EXPECT_EQ(offered.words, "on off last ");

    loaded_mm loaded;
    EXPECT_EQ(run("faults on"), 0);
    clear_log();
    u8 byte = 1;
    EXPECT_TRUE(the_software_cpu().read(base, &byte, 1));
    ASSERT_EQ(kernel_log().size(), 1u);
    EXPECT_EQ(kernel_log()[0].text,
              "fault 1: read of 0x20000000: demand zero, read: the shared zero page");
    EXPECT_EQ(run("faults last"), 0);
    EXPECT_TRUE(shows("the page of zeroes")) << text;
    EXPECT_EQ(the_software_cpu().execute(base + 0x8000), segv_maperr(base + 0x8000));
    EXPECT_EQ(run("faults last"), 0);
    EXPECT_TRUE(shows("area     none\n")) << text;
    EXPECT_TRUE(shows("outcome  signal 11, code 1\n")) << text;
    {
        const fail_nth armed(the_page_allocator().fail_page_alloc(), 1);
        EXPECT_FALSE(the_software_cpu().write(base + PAGE_SIZE, &byte, 1));
    }
    EXPECT_EQ(run("faults last"), 0);
    EXPECT_TRUE(shows("outcome  out of memory\n")) << text;
    EXPECT_EQ(run("faults off"), 0);
    EXPECT_TRUE(the_software_cpu().write(base + PAGE_SIZE, &byte, 1));
    EXPECT_EQ(fault_stories.count, 3u);
}

TEST_F(vm_commands, faults_of_one_program_alone) {
    loaded_mm loaded;
    mm_of_pid_7 = &loaded.mm;
    EXPECT_EQ(run("faults 7"), 0);
    EXPECT_EQ(text, "0 faults in this address space, 0 of them read from a medium\n"
                    "None was noted: faults on [PID]\n");
    EXPECT_EQ(run("faults on 8"), ESRCH);
    EXPECT_FALSE(fault_stories.on);
    EXPECT_EQ(run("faults on 7"), 0);
    clear_log();
    u8 byte = 1;
    for (u32 i = 0; i < 10; ++i)
        EXPECT_TRUE(the_software_cpu().write(base + i % 4 * PAGE_SIZE, &byte, 1));
    EXPECT_TRUE(the_software_cpu().read(0xbffff000, &byte, 1));
    EXPECT_EQ(kernel_log().size(), 5u);
    {
        loaded_mm other;
        EXPECT_TRUE(the_software_cpu().write(base, &byte, 1));
        use_mm(&loaded.mm);
    }
    EXPECT_EQ(kernel_log().size(), 5u);
    EXPECT_EQ(run("faults 7"), 0);
    EXPECT_TRUE(shows("5 faults in this")) << text;
    EXPECT_TRUE(shows("write to 0x20003000: demand zero, write: a page of its own\n")) << text;
    EXPECT_TRUE(shows("fault    read of 0xbffff000 by")) << text;
    mm_of_pid_7 = nullptr;
}

// The place of a space that is gone may be another one's.
TEST_F(vm_commands, stories_of_a_program_that_ended_are_nobody_s) {
    {
        loaded_mm loaded;
        mm_of_pid_7 = &loaded.mm;
        EXPECT_EQ(run("faults on 7"), 0);
        u8 byte;
        EXPECT_TRUE(the_software_cpu().read(base, &byte, 1));
        EXPECT_EQ(fault_stories.last().mm, &loaded.mm);
    }
    mm_of_pid_7 = nullptr;
    EXPECT_EQ(fault_stories.last().mm, nullptr);
    EXPECT_EQ(fault_stories.only, nullptr);
    EXPECT_FALSE(fault_stories.on);
}

// The way down a tree is told, over several lines if it is long.
TEST_F(vm_commands, a_story_shows_the_way_through_the_tree) {
    loaded_mm loaded;
    for (u32 i = 0; i < 200; ++i) loaded.map(0x30000000 + i * 0x4000, 1, PROT_READ);
    EXPECT_EQ(run("faults on"), 0);
    u8 byte;
    EXPECT_TRUE(the_software_cpu().read(0x30000000 + 150 * 0x4000, &byte, 1));
    EXPECT_EQ(run("faults last"), 0);
    EXPECT_TRUE(shows("found    by the tree: 0x")) << text;
    EXPECT_TRUE(shows("\n                     0x")) << text;
    fault_story empty;
    string_sink out;
    print_fault_story(out, empty);
    EXPECT_NE(out.text.find("by the tree: it is empty\n"), std::string::npos);
}
