// Debugged caches of slob: their slots are known, so all is noticed that slub notices.
#include "lib/string.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slob.hpp"
#include "mm/slab/slob_slabs.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;
constexpr slab_flags_t F = SLAB_CONSISTENCY_CHECKS, Z = SLAB_RED_ZONE, P = SLAB_POISON,
                       U = SLAB_STORE_USER;

// What is reported meanwhile; the first few.
struct reports {
    reports() {
        count = 0;
        before = set_slab_reporter([](const slab_report& report) {
            if (count < std::size(bugs)) {
                bugs[count] = report.bug;
                objects[count] = report.object;
            }
            ++count;
        });
    }
    ~reports() { set_slab_reporter(before); }
    void expect_one(slab_bug bug, const void* object) {
        EXPECT_EQ(count, 1u);
        EXPECT_EQ(bugs[0], bug);
        EXPECT_TRUE(objects[0] == object);
        count = 0;
    }

    slab_reporter before;
    static inline u32 count;
    static inline slab_bug bugs[8];
    static inline const void* objects[8];
};

kmem_cache* make(size_t size, slab_flags_t flags) {
    return kmem_cache_create_with(slob_strategy(), "slob-debug", size, 0,
                                  flags | SLAB_NO_MERGE, nullptr);
}
char* get(kmem_cache* cache) { return static_cast<char*>(kmem_cache_alloc(cache, quiet)); }

}  // namespace

TEST(slob_debug, a_slab_has_a_bit_for_each_slot) {
    kmem_cache* const cache = make(60, F | Z | P | U);
    ASSERT_TRUE(cache != nullptr);
    EXPECT_LE(cache->objects, most_slob_slots);
    static char* objects[3 * most_slob_slots];
    const u32 count = 3 * cache->objects;
    for (u32 i = 0; i < count; ++i) {
        objects[i] = get(cache);
        ASSERT_TRUE(objects[i] != nullptr);
        const auto place = slob_strategy().find_slot(*cache, objects[i] + 59);
        ASSERT_TRUE(place.has_value());
        EXPECT_TRUE(place->slot == objects[i] - cache->red_left && !place->is_free);
    }
    slob_strategy().check_invariants(*cache);
    EXPECT_EQ(slob_strategy().count(*cache).active_slabs, 3u);
    // Every third, then the others: slabs become partial, and empty.
    for (u32 i = 0; i < count; i += 3) kmem_cache_free(cache, objects[i]);
    slob_strategy().check_invariants(*cache);
    EXPECT_EQ(slob_strategy().count(*cache).active_objects, count - (count + 2) / 3);
    for (u32 i = 0; i < count; ++i)
        EXPECT_EQ(slob_strategy().find_slot(*cache, objects[i])->is_free, i % 3 == 0);
    for (u32 i = 0; i < count; ++i)
        if (i % 3 != 0) kmem_cache_free(cache, objects[i]);
    slob_strategy().check_invariants(*cache);
    EXPECT_EQ(slob_strategy().count(*cache).active_slabs, 0u);
    EXPECT_EQ(slob_strategy().shrink(*cache, 1), 2u << cache->order);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

TEST(slob_debug, notices_what_is_freed_wrongly) {
    kmem_cache* const cache = make(60, F);
    kmem_cache* const other = make(60, F);
    kmem_cache* const shared = make(60, 0);
    ASSERT_TRUE(cache && other && shared);
    char* const object = get(cache);
    char* const stray = get(shared);
    ASSERT_TRUE(object && stray);
    {
        reports meanwhile;
        kmem_cache_free(other, object);
        meanwhile.expect_one(slab_bug::wrong_cache, object);
        kmem_cache_free(cache, stray);
        meanwhile.expect_one(slab_bug::wrong_cache, stray);
        kmem_cache_free(shared, object);
        meanwhile.expect_one(slab_bug::wrong_cache, object);
        kmem_cache_free(cache, object + 12);
        meanwhile.expect_one(slab_bug::middle_of_object, object + 12);
        EXPECT_EQ(slab_nr_live(*cache), 1u);
        kmem_cache_free(cache, object);
        EXPECT_EQ(meanwhile.count, 0u);
        kmem_cache_free(cache, object);
        meanwhile.expect_one(slab_bug::double_free, object);
        EXPECT_EQ(slab_nr_live(*cache), 0u);
    }
    kmem_cache_free(shared, stray);
    for (kmem_cache* const each : {cache, other, shared}) {
        slob_strategy().check_invariants(*each);
        EXPECT_TRUE(kmem_cache_destroy(each));
    }
}

TEST(slob_debug, notices_what_is_written_wrongly) {
    kmem_cache* const cache = make(60, F | Z | P);
    ASSERT_TRUE(cache != nullptr);
    reports meanwhile;
    char* const object = get(cache);
    ASSERT_TRUE(object != nullptr);
    kmem_cache_free(cache, object);
    object[7] = 1;
    char* const next = get(cache);  // as `object` would be
    ASSERT_TRUE(next && next != object);
    meanwhile.expect_one(slab_bug::poison, object);
    next[60] = 1;
    kmem_cache_free(cache, next);
    meanwhile.expect_one(slab_bug::right_red_zone, next);
    char* const last = get(cache);
    ASSERT_TRUE(last != nullptr);
    last[-1] = 1;
    kmem_cache_free(cache, last);
    meanwhile.expect_one(slab_bug::left_red_zone, last);
    slob_strategy().check_invariants(*cache);
    if (slab_nr_live(*cache) > 0)  // nobody keeps count of such slots
        for (char* const lost : {object, next, last})
            slob_strategy().free(*cache, lost - cache->red_left);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

TEST(slob_debug, lists_what_remains) {
    kmem_cache* const cache = make(24, U | Z);
    ASSERT_TRUE(cache != nullptr);
    char* const one = get(cache);
    char* const two = get(cache);
    ASSERT_TRUE(one && two);
    kmem_cache_free(cache, one);
    {
        reports meanwhile;
        EXPECT_FALSE(kmem_cache_destroy(cache));
        meanwhile.expect_one(slab_bug::leaked, two);
    }
    kmem_cache_free(cache, two);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}
