// The detectors: memory is misused on purpose, and exactly that is reported, once, with
// the byte; and the cache goes on, and can be destroyed.
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

namespace {

constexpr u32 size = 60;  // with the right red zone from there to a multiple of 4 or 8
constexpr uintptr_t taker = 0x1111, giver = 0x2222;

u8* take(test_cache& cache) {
    return static_cast<u8*>(kmem_cache_alloc_from(cache.get(), size, GFP_KERNEL, taker));
}
void give(test_cache& cache, void* object) {
    kmem_cache_free_from(cache.get(), object, giver);
}

// What a stray write does. The memory is not its writer's: nobody checks, not even ASan.
[[gnu::no_sanitize("address"), gnu::noinline]] void write_astray(u8* where, u8 byte) {
    *static_cast<volatile u8*>(where) = byte;
}
[[gnu::no_sanitize("address"), gnu::noinline]] u8 read_astray(const u8* where) {
    return *static_cast<const volatile u8*>(where);
}

// Whatever happened: objects come and go, each is its owner's alone.
void expect_usable(test_cache& cache, const u8* clobbered = nullptr) {
    constexpr u32 count = 80;
    static u8* objects[count];
    slab_reports reports;
    for (u32 round = 0; round < 2; ++round) {
        for (u32 i = 0; i < count; ++i) {
            objects[i] = cache.alloc();
            ASSERT_TRUE(objects[i]);
            EXPECT_NE(objects[i], clobbered);
            fill_contents(objects[i], size, i);
        }
        cache.check();
        for (u32 i = 0; i < count; ++i) {
            EXPECT_TRUE(has_contents(objects[i], size, i));
            cache.free(objects[i]);
        }
    }
    EXPECT_EQ(reports.count(), 0u);
}

// One of each round: an object whose byte at `offset` is overwritten while it is in use.
void expect_seen_at_free(test_cache& cache, intptr_t offset, slab_bug bug) {
    u8* const object = take(cache);
    ASSERT_TRUE(object);
    write_astray(object + offset, 0x99);
    slab_reports reports;
    give(cache, object);
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_EQ(reports[0].bug, bug);
    EXPECT_EQ(reports[0].cache, cache.get());
    EXPECT_EQ(reports[0].object, object);
    EXPECT_EQ(reports[0].offset, offset);
    EXPECT_EQ(reports[0].found, 0x99);
    EXPECT_EQ(reports[0].expected, SLUB_RED_ACTIVE);
    EXPECT_EQ(reports[0].caller, giver);
    // It was set aside: neither handed out, nor freed once more.
    reports.clear();
    give(cache, object);
    EXPECT_TRUE(reports.only(slab_bug::double_free, object));
    expect_usable(cache, object);
}

// And while it is free: seen when it would have been handed out.
void expect_seen_at_alloc(test_cache& cache, intptr_t offset, slab_bug bug, u8 expected) {
    u8* const object = take(cache);
    ASSERT_TRUE(object);
    give(cache, object);
    write_astray(object + offset, 0x99);
    slab_reports reports;
    constexpr u32 most = 64;  // until all that are free were handed out
    static u8* others[most];
    u32 count = 0;
    while (count < most && reports.count() == 0) {
        others[count] = take(cache);
        ASSERT_TRUE(others[count]);
        EXPECT_NE(others[count], object);
        ++count;
    }
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_EQ(reports[0].bug, bug);
    EXPECT_EQ(reports[0].object, object);
    EXPECT_EQ(reports[0].offset, offset);
    EXPECT_EQ(reports[0].found, 0x99);
    EXPECT_EQ(reports[0].expected, expected);
    EXPECT_EQ(reports[0].caller, taker);
    while (count > 0) cache.free(others[--count]);
    expect_usable(cache, object);
}

}  // namespace

STRATEGY_TEST(writing_past_an_object_is_seen_when_it_is_freed) {
    test_cache cache(strategy, size, 0, SLAB_RED_ZONE);
    ASSERT_TRUE(cache);
    EXPECT_GT(cache->inuse, cache->object_size);
    expect_seen_at_free(cache, size, slab_bug::right_red_zone);
    expect_seen_at_free(cache, cache->inuse - 1, slab_bug::right_red_zone);
}

STRATEGY_TEST(writing_before_an_object_is_seen_when_it_is_freed) {
    test_cache cache(strategy, size, 0, SLAB_RED_ZONE);
    ASSERT_TRUE(cache);
    EXPECT_GT(cache->red_left, 0u);
    expect_seen_at_free(cache, -1, slab_bug::left_red_zone);
    expect_seen_at_free(cache, -static_cast<intptr_t>(cache->red_left), slab_bug::left_red_zone);
}

STRATEGY_TEST(writing_round_a_free_object_is_seen_at_the_next_alloc) {
    test_cache cache(strategy, size, 0, SLAB_RED_ZONE);
    ASSERT_TRUE(cache);
    expect_seen_at_alloc(cache, -1, slab_bug::left_red_zone, SLUB_RED_INACTIVE);
    expect_seen_at_alloc(cache, size, slab_bug::right_red_zone, SLUB_RED_INACTIVE);
}

STRATEGY_TEST(writing_to_a_free_object_is_seen_at_the_next_alloc) {
    test_cache cache(strategy, size, 0, SLAB_POISON);
    ASSERT_TRUE(cache);
    expect_seen_at_alloc(cache, 0, slab_bug::poison, POISON_FREE);
    expect_seen_at_alloc(cache, size / 2, slab_bug::poison, POISON_FREE);
    expect_seen_at_alloc(cache, size - 1, slab_bug::poison, POISON_END);
}

STRATEGY_TEST(reading_a_free_object_shows_poison) {
    test_cache cache(strategy, size, 0, SLAB_POISON);
    ASSERT_TRUE(cache);
    u8* const object = take(cache);
    give(cache, object);
    for (u32 i = 0; i < size - 1; ++i) EXPECT_EQ(read_astray(object + i), POISON_FREE);
    EXPECT_EQ(read_astray(object + size - 1), POISON_END);
}

// Each flag alone finds these, and all together.
STRATEGY_TEST(wrong_frees_are_reported_and_change_nothing) {
    for (const slab_flags_t flags : {SLAB_CONSISTENCY_CHECKS, SLAB_RED_ZONE, SLAB_POISON,
                                     SLAB_STORE_USER, SLAB_DEBUG_FLAGS}) {
        test_cache cache(strategy, size, 0, flags), other(strategy, size, 0, flags);
        ASSERT_TRUE(cache && other);
        u8* const object = take(cache);
        u8* const neighbour = take(cache);
        u8* const stranger = take(other);
        fill_contents(object, size, 1);
        fill_contents(neighbour, size, 2);
        fill_contents(stranger, size, 3);
        slab_reports reports;

        give(cache, stranger);
        EXPECT_TRUE(reports.only(slab_bug::wrong_cache, stranger));
        EXPECT_EQ(reports[0].cache, cache.get());
        for (const u32 middle : {1u, 8u, size - 1}) {
            give(cache, object + middle);
            EXPECT_TRUE(reports.only(slab_bug::middle_of_object, object + middle));
        }
        give(cache, &cache);  // no slab's: on the stack
        EXPECT_TRUE(reports.only(slab_bug::not_an_object, &cache));
        EXPECT_TRUE(has_contents(object, size, 1) && has_contents(neighbour, size, 2) &&
                    has_contents(stranger, size, 3));

        give(cache, object);
        EXPECT_EQ(reports.count(), 0u);
        give(cache, object);
        EXPECT_TRUE(reports.only(slab_bug::double_free, object));
        EXPECT_EQ(reports[0].caller, giver);
        give(cache, neighbour);
        give(cache, object);
        EXPECT_TRUE(reports.only(slab_bug::double_free, object));
        give(other, stranger);
        EXPECT_EQ(reports.count(), 0u);
        expect_usable(cache);
        expect_usable(other);
    }
}

STRATEGY_TEST(pages_that_are_no_slab_are_no_objects) {
    test_cache cache(strategy, size, 0, SLAB_DEBUG_FLAGS);
    ASSERT_TRUE(cache);
    void* const page = __get_free_page(GFP_KERNEL);
    ASSERT_TRUE(page);
    slab_reports reports;
    give(cache, page);
    EXPECT_TRUE(reports.only(slab_bug::not_an_object, page));
    free_page(page);
    give(cache, reinterpret_cast<void*>(8));
    EXPECT_TRUE(reports.only(slab_bug::not_an_object, reinterpret_cast<void*>(8)));
    void* const last = reinterpret_cast<void*>(~uintptr_t{7});
    give(cache, last);
    EXPECT_TRUE(reports.only(slab_bug::not_an_object, last));
}

// The usual calls, inline: with debug flags none of them goes past the checks (I5).
STRATEGY_TEST(the_usual_way_does_not_go_round_the_checks) {
    test_cache cache(strategy, size, 0, SLAB_DEBUG_FLAGS);
    ASSERT_TRUE(cache);
    u8* const first = cache.alloc();
    u8* const second = cache.alloc();
    ASSERT_TRUE(first && second);
    slab_reports reports;
    cache.free(first);
    EXPECT_EQ(read_astray(first), POISON_FREE);
    cache.free(first);
    EXPECT_TRUE(reports.only(slab_bug::double_free, first));
    EXPECT_EQ(cache.live(), 1u);
    cache.free(second);
    EXPECT_EQ(strategy.count(*cache).cpu_objects, 0u);
}

STRATEGY_TEST(who_allocated_and_who_freed_is_remembered) {
    for (const slab_flags_t flags : {SLAB_STORE_USER, SLAB_DEBUG_FLAGS}) {
        test_cache cache(strategy, size, 0, flags);
        ASSERT_TRUE(cache);
        u8* const object = take(cache);
        ASSERT_TRUE(object);
        fill_contents(object, size, 4);
        EXPECT_EQ(alloc_track(*cache, object).caller, taker);
        EXPECT_EQ(alloc_track(*cache, object).cpu, smp_processor_id());
        EXPECT_TRUE(has_contents(object, size, 4));
        give(cache, object);
        EXPECT_EQ(alloc_track(*cache, object).caller, taker);
        EXPECT_EQ(free_track(*cache, object).caller, giver);
    }
}

namespace {
void construct(void* object) { memset(object, 0x5e, size); }
}  // namespace

// Constructed objects are not poisoned: they must stay what they are.
STRATEGY_TEST(a_debugged_object_stays_constructed) {
    test_cache cache(strategy, size, 0, SLAB_DEBUG_FLAGS, construct);
    ASSERT_TRUE(cache);
    slab_reports reports;
    for (u32 round = 0; round < 3; ++round) {
        u8* const object = take(cache);
        ASSERT_TRUE(object);
        EXPECT_TRUE(all_bytes_are(object, size, 0x5e));
        give(cache, object);
    }
    EXPECT_EQ(reports.count(), 0u);
    expect_seen_at_free(cache, size, slab_bug::right_red_zone);
}
