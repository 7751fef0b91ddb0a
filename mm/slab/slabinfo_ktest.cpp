// The kernel's own caches, as its commands show them.
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/test/scratch.hpp"
#include "mm/slab/cache_list.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_picture.hpp"
#include "mm/slab/slabinfo.hpp"

#include <test.hpp>

namespace {

// What is printed; too large for the stack.
using long_text = text_buffer<12000>;
long_text& text() { return scratch_as<long_text>(); }
void clear_text() { in_scratch<long_text>(); }

bool says(std::string_view what) {
    return text().view().find(what) != std::string_view::npos;
}

int run(std::string_view name, std::span<const std::string_view> words) {
    clear_text();
    for (const monitor_command* const command : registered<monitor_command>()) {
        if (name != command->name) continue;
        command_line line{words};
        return command->run(line, text());
    }
    return ENOENT;
}

}  // namespace

TEST(slabinfo, has_a_line_for_each_cache_and_every_name) {
    constexpr size_t size = 1816;  // nobody else's
    kmem_cache* const one = kmem_cache_create("info one", size, 0, 0, nullptr);
    kmem_cache* const two = kmem_cache_create("info two", size, 0, 0, nullptr);
    ASSERT_TRUE(one && two);
    clear_text();
    print_slabinfo(text());
    EXPECT_FALSE(text().truncated());
    EXPECT_TRUE(says("\nkmem_cache  "));
    EXPECT_TRUE(says("\nkmalloc-128k  "));
    EXPECT_TRUE(says("\ninfo one  "));
    EXPECT_EQ(says("\n# info one is also: info two\n"), one == two);
    EXPECT_EQ(says("\ninfo two  "), one != two);
    kmem_cache_destroy(two);
    kmem_cache_destroy(one);
    clear_text();
    print_slabinfo(text());
    EXPECT_FALSE(says("info"  " one"));
}

TEST(slabtop, is_no_wider_than_the_screen) {
    EXPECT_EQ(run("slabtop", std::initializer_list<std::string_view>{"slabtop", "-o"}), 0);
    size_t width = 0;
    for (const char c : text().view()) {
        width = c == '\n' ? 0 : width + 1;
        EXPECT_LE(width, 80u);
    }
    EXPECT_EQ(run("slabtop", std::initializer_list<std::string_view>{"slabtop", "-x"}),
              EINVAL);
}

TEST(slab_picture, draws_what_is_in_use) {
    if (&the_slab_strategy() != &slub_strategy()) SKIP_TEST("slub's picture is known");
    kmem_cache* const cache = kmem_cache_create("drawn", 400, 0, SLAB_NO_MERGE, nullptr);
    ASSERT_TRUE(cache);
    if (cache->is_debugged()) {
        kmem_cache_destroy(cache);
        SKIP_TEST("its slots are longer when all caches are debugged");
    }
    ASSERT_EQ(cache->objects, 10u);
    void* objects[23];
    ASSERT_TRUE(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 23, objects));
    kmem_cache_free(cache, objects[12]);
    clear_text();
    EXPECT_EQ(show_slabs("drawn", text()), 0);
    EXPECT_TRUE(says("drawn: objects of 400 bytes in slots of 400 (slub)\n"));
    // What came back to another slab than the active one lies on this CPU's stack.
    EXPECT_TRUE(says("22 in use of 30, 8 free on CPUs; 3 slabs of 10 in 1 page\n"));
    EXPECT_TRUE(says("        0  full     ##########\n"));
    EXPECT_TRUE(says("        0  full     ##c#######\n"));
    EXPECT_TRUE(says("        0  full     ###ccccccc\n"));
    objects[12] = objects[22];
    kmem_cache_free_bulk(cache, 22, objects);
    EXPECT_TRUE(kmem_cache_destroy(cache));
    EXPECT_EQ(show_slabs("drawn", text()), ENOENT);
}

TEST(slab_picture, says_what_there_is_no_room_for) {
    // Slabs of a strategy of the test's: 60 cells each, so two lines.
    slab_picture picture;
    alignas(64) static constinit char place[64] = {};
    for (u32 slab = 0; slab < 12; ++slab) {
        picture.slab(mem_map, slab_start(mem_map));
        for (u32 i = 0; i < 60; ++i)
            picture.slot(place, slab == 8 ? slab_visitor::state::in_use
                                          : slab_visitor::state::free);
    }
    clear_text();
    picture.print(text());
    u32 lines = 0;
    for (const char c : text().view()) lines += c == '\n';
    EXPECT_EQ(lines, 1 + slab_picture::most_lines + 1);
    EXPECT_TRUE(says("  full     "));
    EXPECT_TRUE(says("  free     "));
    EXPECT_TRUE(says("... and 3 slabs more\n"));
}

TEST(slab_picture, one_slab_may_be_longer_than_the_screen) {
    slab_picture picture;
    picture.slab(mem_map, slab_start(mem_map));
    for (u32 i = 0; i < 1000; ++i) picture.slot(nullptr, slab_visitor::state::on_cpu);
    picture.slab(mem_map, slab_start(mem_map));
    picture.slot(nullptr, slab_visitor::state::in_use);
    clear_text();
    picture.print(text());
    EXPECT_TRUE(says("... and 100 objects more\n"));
    EXPECT_TRUE(says("... and 1 slabs more\n"));
}

TEST(slab_command, completes_names_of_caches) {
    struct all final : completion_sink {
        void offer(std::string_view candidate) override {
            ++count;
            kmalloc_64 |= candidate == "kmalloc-64";
        }
        u32 count = 0;
        bool kmalloc_64 = false;
    } offered;
    for (const monitor_command* const command : registered<monitor_command>())
        if (std::string_view(command->name) == "slab") command->complete(offered);
    EXPECT_GT(offered.count, 40u);
    EXPECT_TRUE(offered.kmalloc_64);
}
