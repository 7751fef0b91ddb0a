#include "mm/slab/object_cache.hpp"
#include "mm/slab/slab_strategy.hpp"

#include "mm/slab/slab_fixture.hpp"

#include <test.hpp>

namespace {

struct alignas(32) thing {
    static inline constinit u32 destroyed = 0;

    thing() = default;
    thing(u32 number, const char* name) : number(number), name(name) {}
    ~thing() { ++destroyed; }

    u32 number = 17;
    const char* name = "none";
};

}  // namespace

TEST(object_cache, objects_are_constructed_and_destroyed) {
    object_cache<thing> things("test-thing", SLAB_NO_MERGE);
    ASSERT_TRUE(things.init());
    EXPECT_EQ(kmem_cache_size(things.get()), sizeof(thing));
    thing::destroyed = 0;
    thing* const plain = things.alloc(GFP_KERNEL);
    thing* const named = things.alloc(GFP_KERNEL, 4u, "four");
    ASSERT_TRUE(plain && named);
    EXPECT_TRUE(lies_at_multiple(plain, alignof(thing)));
    EXPECT_TRUE(lies_at_multiple(named, alignof(thing)));
    EXPECT_EQ(plain->number, 17u);
    EXPECT_EQ(named->number, 4u);
    EXPECT_STREQ(named->name, "four");
    things.free(plain);
    EXPECT_EQ(thing::destroyed, 1u);
    {
        const bool is_debugged = things.get()->is_debugged();
        slab_reports reports;
        EXPECT_FALSE(things.destroy());
        // Undebugged, slob knows how many there are, but not where.
        if (&the_slab_strategy() == &slob_strategy() && !is_debugged)
            EXPECT_EQ(reports.count(), 0u);
        else
            EXPECT_TRUE(reports.only(slab_bug::leaked, named));
    }
    things.free(named);
    EXPECT_EQ(thing::destroyed, 2u);
    EXPECT_TRUE(things.destroy());
    EXPECT_FALSE(things.get());
}

TEST(object_cache, without_memory_nothing_is_constructed) {
    object_cache<thing> things("test-thing", SLAB_NO_MERGE);
    {
        const fail_nth first(failslab, 1);
        EXPECT_FALSE(things.init());
    }
    ASSERT_TRUE(things.init());
    {
        const fail_nth first(failslab, 1);
        EXPECT_FALSE(things.alloc(GFP_KERNEL));
    }
    EXPECT_TRUE(things.destroy());
}
