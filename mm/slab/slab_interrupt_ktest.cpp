// Objects come and go by restartable sequences, interrupts on: an interrupt behind any
// instruction of it, that takes objects from the same cache and gives others back,
// leaves every object somebody's or free, once.
#include "arch/i386/single_step.hpp"
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

namespace {

constexpr u32 size = 64;
constexpr u32 most_held = 12;

kmem_cache* the_cache;
void* held[most_held];  // by interrupts
u32 nr_held;
u32 next_seed;

u32 seed_of(const void* object) { return static_cast<const u32*>(object)[0]; }
void mark(void* object) {
    const u32 seed = ++next_seed;
    fill_contents(object, size, seed);
    static_cast<u32*>(object)[0] = seed;
}
bool is_marked(const void* object) {
    const u32 seed = seed_of(object);
    for (size_t i = sizeof(u32); i < size; ++i)
        if (static_cast<const u8*>(object)[i] != content_byte(seed, i)) return false;
    return true;
}

void interrupt_takes() {
    if (nr_held == most_held) return;
    void* const object = kmem_cache_alloc(the_cache, GFP_ATOMIC | __GFP_NOWARN);
    if (!object) return;
    mark(object);
    held[nr_held++] = object;
}
// By the way that the body is in the middle of, too.
void interrupt_takes_as_usual() {
    if (nr_held == most_held) return;
    void* const object = kmem_cache_alloc_usual(the_cache);
    if (!object) return;
    mark(object);
    held[nr_held++] = object;
}
void interrupt_gives() {
    if (nr_held == 0) return;
    EXPECT_TRUE(is_marked(held[--nr_held]));
    kmem_cache_free(the_cache, held[nr_held]);
}

constexpr single_step::handler interrupts[] = {
    [] { interrupt_takes(); },
    [] { interrupt_gives(); },
    [] {
        interrupt_takes_as_usual();
        interrupt_takes_as_usual();
        interrupt_gives();
    },
    [] {
        interrupt_gives();
        interrupt_gives();
        interrupt_takes();
    },
    [] {
        for (u32 i = 0; i < most_held; ++i) interrupt_takes();
        for (u32 i = 0; i < most_held; ++i) interrupt_gives();
    },
};

// Nobody's object is another's: all marks are as they were made.
void expect_right(test_cache& cache, u32 with_body) {
    for (u32 i = 0; i < nr_held; ++i) EXPECT_TRUE(is_marked(held[i]));
    EXPECT_EQ(cache.live(), nr_held + with_body);
    cache.check();
}

// `prepare` before, `body` interrupted behind its nth instruction, for every n up to
// `thorough`, and in ever larger steps from there on: the slow way is long. How often
// a sequence began again.
template <class Body>
u32 interrupt_everywhere(single_step::handler interrupt, Body body) {
    constexpr u32 thorough = 150;
    u32 restarts = 0;
    for (u32 n = 1;; n += 1 + (n > thorough ? n / 8 : 0)) {
        single_step steps(n, interrupt);
        body(steps);
        restarts += steps.restarted_at() != 0;
        if (steps.too_short()) return restarts;
    }
}

}  // namespace

STRATEGY_TEST(taking_and_giving_interrupted_everywhere) {
    test_cache cache(strategy, size);
    ASSERT_TRUE(cache);
    the_cache = cache.get();
    nr_held = next_seed = 0;
    for (u32 i = 0; i < 4; ++i) interrupt_takes();
    for (const single_step::handler interrupt : interrupts) {
        const u32 restarts = interrupt_everywhere(interrupt, [&](single_step& steps) {
            void* object = nullptr;
            steps.run([&] { object = kmem_cache_alloc(the_cache, GFP_KERNEL); });
            ASSERT_TRUE(object);
            mark(object);
            expect_right(cache, 1);
            kmem_cache_free(the_cache, object);
            expect_right(cache, 0);
        });
        const u32 restarts_of_free = interrupt_everywhere(interrupt, [&](single_step& steps) {
            void* const object = kmem_cache_alloc(the_cache, GFP_KERNEL);
            ASSERT_TRUE(object);
            mark(object);
            steps.run([&] { kmem_cache_free(the_cache, object); });
            expect_right(cache, 0);
        });
        if constexpr (!dear_checks)
            if (std::string_view(strategy.name()) != "slob") {
                EXPECT_GT(restarts, 0u);
                EXPECT_GT(restarts_of_free, 0u);
            }
    }
    while (nr_held > 0) interrupt_gives();
}

// The slow way, with no slab at hand: pages are asked for, and an interrupt asks, too.
STRATEGY_TEST(the_first_object_of_a_slab_interrupted) {
    test_cache cache(strategy, size);
    ASSERT_TRUE(cache);
    the_cache = cache.get();
    nr_held = next_seed = 0;
    for (const single_step::handler interrupt : interrupts) {
        interrupt_everywhere(interrupt, [&](single_step& steps) {
            while (nr_held > 0) interrupt_gives();
            kmem_cache_shrink(the_cache);
            void* object = nullptr;
            steps.run([&] { object = kmem_cache_alloc(the_cache, GFP_KERNEL); });
            ASSERT_TRUE(object);
            mark(object);
            expect_right(cache, 1);
            kmem_cache_free(the_cache, object);
        });
    }
    while (nr_held > 0) interrupt_gives();
}
