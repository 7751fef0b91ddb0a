// Merging the kernel's own caches, and parting them again.
#include "mm/slab/cache_list.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_merge.hpp"
#include "mm/slab/slab_strategy.hpp"

#include <test.hpp>

namespace {

// A size that no other cache has.
constexpr size_t size = 1816;

bool merges() {
    return &the_slab_strategy() == &slub_strategy() && slab_debug_flags("merge one") == 0;
}

u32 count_caches() {
    u32 count = 0;
    for_each_cache([](kmem_cache&, void* counted) { ++*static_cast<u32*>(counted); },
                   &count);
    return count;
}

}  // namespace

TEST(slab_merge, one_cache_by_several_names) {
    if (!merges()) SKIP_TEST("this strategy does not merge, or all caches are debugged");
    kmem_cache* const one = kmem_cache_create("merge one", size - 3, 0, 0, nullptr);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->object_size, size - 3);
    EXPECT_EQ(kmem_cache_create("merge two", size, 0, 0, nullptr), one);
    EXPECT_EQ(one->object_size, size);
    EXPECT_EQ(kmem_cache_create("merge three", size - 1, 0, 0, nullptr), one);
    EXPECT_EQ(kmem_cache_create("merge three", size - 1, 0, 0, nullptr), one);
    EXPECT_EQ(one->refcount, 4u);
    EXPECT_EQ(one->object_size, size);

    alias_name name;
    EXPECT_TRUE(alias_of(*one, 0, name) && name.view() == "merge two");
    EXPECT_TRUE(alias_of(*one, 1, name) && name.view() == "merge three");
    EXPECT_FALSE(alias_of(*one, 2, name));
    for (const char* const known : {"merge one", "merge two", "merge three"}) {
        kmem_cache* const found = find_cache(known);
        EXPECT_EQ(found, one);
        if (found) let_go_of_cache(*found);
    }

    for (unsigned i = 0; i < 3; ++i) EXPECT_TRUE(kmem_cache_destroy(one));
    EXPECT_EQ(one->refcount, 1u);
    EXPECT_FALSE(alias_of(*one, 0, name));
    EXPECT_FALSE(find_cache("merge two"));
    EXPECT_TRUE(kmem_cache_destroy(one));
    EXPECT_FALSE(find_cache("merge one"));
}

TEST(slab_merge, those_who_want_their_own_get_it) {
    kmem_cache* const one = kmem_cache_create("merge one", size, 0, 0, nullptr);
    kmem_cache* const own = kmem_cache_create("merge own", size, 0, SLAB_NO_MERGE, nullptr);
    kmem_cache* const with =
        kmem_cache_create_with(the_slab_strategy(), "merge with", size, 0, 0, nullptr);
    EXPECT_NE(one, own);
    EXPECT_NE(one, with);
    EXPECT_NE(own, with);
    for (kmem_cache* const cache : {one, own, with}) EXPECT_TRUE(kmem_cache_destroy(cache));
}

// M1: what a user leaves behind is found by the last one.
TEST(slab_merge, the_last_user_finds_what_is_left) {
    if (!merges()) SKIP_TEST("this strategy does not merge, or all caches are debugged");
    static constinit u32 leaks = 0;
    leaks = 0;
    kmem_cache* const one = kmem_cache_create("merge one", size, 0, 0, nullptr);
    kmem_cache* const two = kmem_cache_create("merge two", size, 0, 0, nullptr);
    ASSERT_TRUE(one && one == two);
    void* const object = kmem_cache_alloc(two, GFP_KERNEL);
    const slab_reporter before = set_slab_reporter(
        [](const slab_report& report) { leaks += report.bug == slab_bug::leaked; });
    EXPECT_TRUE(kmem_cache_destroy(two));
    EXPECT_EQ(leaks, 0u);
    EXPECT_FALSE(kmem_cache_destroy(one));
    EXPECT_EQ(leaks, 1u);
    set_slab_reporter(before);
    kmem_cache_free(one, object);
    EXPECT_TRUE(kmem_cache_destroy(one));
}

// C1, C2: a cache that loses its last user while somebody looks at it.
TEST(slab_merge, a_cache_that_is_looked_at_stays) {
    const u32 before = count_caches();
    kmem_cache* const cache = kmem_cache_create("looked at", size, 0, 0, nullptr);
    kmem_cache* const held = find_cache("looked at");
    ASSERT_TRUE(cache && held == cache);
    EXPECT_TRUE(kmem_cache_destroy(cache));
    EXPECT_EQ(held->refcount, 0u);
    EXPECT_EQ(count_caches(), before + 1);
    EXPECT_FALSE(find_cache("looked at"));
    kmem_cache* const next = kmem_cache_create("next", size, 0, 0, nullptr);
    EXPECT_NE(next, held);
    EXPECT_TRUE(kmem_cache_destroy(next));
    let_go_of_cache(*held);
    EXPECT_EQ(count_caches(), before);
}
