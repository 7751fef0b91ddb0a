// Random lives of objects: what each holds is its own until it is given back. Small
// enough for the kernel; host-tests/mm has the long one.
#include "lib/random.hpp"
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

namespace {

constexpr u32 most_objects = 96;

class random_life {
public:
    random_life(slab_strategy& strategy, u32 size, slab_flags_t flags, u64 seed)
        : cache_(strategy, size, 0, flags), size_(size), random_(seed) {
        for (u8*& object : objects_) object = nullptr;
    }

    void run(u32 steps) {
        for (u32 step = 1; cache_ && step <= steps; ++step) {
            const u32 i = random_.below(most_objects);
            objects_[i] ? give_back(i) : take(i);
            if (random_.one_in(100)) kmem_cache_shrink(cache_.get());
            // A tide: now most are taken, now most are given back.
            if (step % 256 < 32) give_back(random_.below(most_objects));
            if (step % 64 == 0) cache_.check();
            if (step % 64 == 0) EXPECT_EQ(cache_.live(), live_);
        }
        for (u32 i = 0; i < most_objects; ++i) give_back(i);
    }

private:
    void take(u32 i) {
        objects_[i] = cache_.alloc();
        if (!objects_[i]) return;
        ++live_;
        fill_contents(objects_[i], size_, i);
    }
    void give_back(u32 i) {
        if (!objects_[i]) return;
        EXPECT_TRUE(has_contents(objects_[i], size_, i));
        cache_.free(objects_[i]);
        objects_[i] = nullptr;
        --live_;
    }

    static inline constinit u8* objects_[most_objects] = {};
    test_cache cache_;
    const u32 size_;
    u32 live_ = 0;
    random_source random_;
};

}  // namespace

STRATEGY_TEST(random_lives_of_objects) {
    for (const u32 size : {8u, 52u, 300u, 1500u}) random_life(strategy, size, 0, size).run(1000);
}

STRATEGY_TEST(random_lives_of_debugged_objects) {
    slab_reports reports;
    for (const u32 size : {8u, 52u, 300u})
        random_life(strategy, size, SLAB_DEBUG_FLAGS, size + 1).run(400);
    EXPECT_EQ(reports.count(), 0u);
}
