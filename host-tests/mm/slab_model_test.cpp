// Every strategy against a model that knows nothing of slabs: a map of live objects and
// what is in them. Many caches at once, so that they compete for pages; after every step
// the caches' invariants.
#include "host-tests/support/kernel_memory.hpp"
#include "lib/random.hpp"
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

#include <map>
#include <vector>

namespace {

struct live_object {
    size_t cache;
    u32 seed;
};

class world {
public:
    world(slab_strategy& strategy, u64 seed) : strategy_(strategy), random_(seed) {
        for (const slab_flags_t flags :
             {slab_flags_t{0}, SLAB_HWCACHE_ALIGN, SLAB_RED_ZONE, SLAB_DEBUG_FLAGS})
            for (int i = 0; i < 3; ++i) {
                const u32 size = 1 + random_.below(random_.one_in(3) ? 6000 : 300);
                const u32 align = random_.one_in(2) ? 0 : 1u << random_.below(9);
                caches_.push_back(kmem_cache_create_with(strategy, "test-model", size, align,
                                                         flags | SLAB_NO_MERGE, nullptr));
            }
    }
    ~world() {
        while (!live_.empty()) give(live_.begin());
        for (kmem_cache* const cache : caches_) EXPECT_TRUE(kmem_cache_destroy(cache));
    }

    void step() {
        const u32 dice = random_.below(100);
        const size_t i = random_.below(static_cast<u32>(caches_.size()));
        // The tide turns every 500 steps.
        const u32 takes = steps_++ / 500 % 2 == 0 ? 60 : 35;
        if (dice < takes) take(i);
        else if (dice < 92) give_any();
        else if (dice < 96) take_many(i);
        else if (dice < 98) kmem_cache_shrink(caches_[i]);
        else for (int k = 0; k < 30; ++k) give_any();
        strategy_.check_invariants(*caches_[i]);
    }

    void check_all() {
        std::vector<u32> count(caches_.size());
        for (const auto& [object, what] : live_) {
            ++count[what.cache];
            EXPECT_TRUE(has_contents(object, caches_[what.cache]->object_size, what.seed));
        }
        for (size_t i = 0; i < caches_.size(); ++i) {
            EXPECT_EQ(slab_nr_live(*caches_[i]), count[i]);
            strategy_.check_invariants(*caches_[i]);
        }
    }

private:
    using objects = std::map<u8*, live_object>;

    // Apart from all others, in its order by address.
    void now_live(size_t i, void* object) {
        u8* const start = static_cast<u8*>(object);
        const u32 size = caches_[i]->object_size;
        ASSERT_TRUE(lies_at_multiple(start, caches_[i]->align));
        const auto next = live_.lower_bound(start);
        if (next != live_.end()) {
            ASSERT_LE(start + size, next->first);
        }
        if (next != live_.begin()) {
            const auto before = std::prev(next);
            ASSERT_LE(before->first + caches_[before->second.cache]->object_size, start);
        }
        fill_contents(start, size, ++seed_);
        live_[start] = {i, seed_};
    }
    void take(size_t i) {
        const gfp_t mask = random_.one_in(4) ? GFP_ATOMIC : GFP_KERNEL;
        const bool zeroed = random_.one_in(4);
        void* const object =
            kmem_cache_alloc(caches_[i], mask | (zeroed ? __GFP_ZERO : __GFP_NOWARN));
        ASSERT_TRUE(object);
        if (zeroed) {
            EXPECT_TRUE(all_bytes_are(object, caches_[i]->object_size, 0));
        }
        now_live(i, object);
    }
    void take_many(size_t i) {
        void* many[40];
        ASSERT_TRUE(kmem_cache_alloc_bulk(caches_[i], GFP_KERNEL, std::size(many), many));
        for (void* const object : many) now_live(i, object);
    }
    void give(objects::iterator at) {
        const auto [object, what] = *at;
        kmem_cache* const cache = caches_[what.cache];
        EXPECT_TRUE(has_contents(object, cache->object_size, what.seed));
        live_.erase(at);
        kmem_cache_free(cache, object);
    }
    void give_any() {
        if (live_.empty()) return;
        u8* const lowest = live_.begin()->first;
        u8* const highest = std::prev(live_.end())->first;
        const auto span = static_cast<u32>(highest - lowest);
        auto at = live_.lower_bound(lowest + random_.below(span + 1));
        give(at == live_.end() ? live_.begin() : at);
    }

    slab_strategy& strategy_;
    random_source random_;
    std::vector<kmem_cache*> caches_;
    objects live_;
    u32 seed_ = 0;
    u32 steps_ = 0;
};

}  // namespace

STRATEGY_TEST(many_caches_and_a_model) {
    slab_reports reports;
    const u32 before = pages_in_use_without_empty_slabs();
    for (u64 seed = 1; seed <= 3; ++seed) {
        world all(strategy, seed);
        for (int step = 0; step < 2500 && !testing::Test::HasFatalFailure(); ++step) {
            all.step();
            if (step % 250 == 0) all.check_all();
        }
        all.check_all();
    }
    EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
    EXPECT_EQ(reports.count(), 0u);
}

// Until there is no page left; and then everything comes back.
STRATEGY_TEST(exhaustion_gives_null_and_nothing_is_lost) {
    const u32 before = pages_in_use_without_empty_slabs();
    {
        test_cache cache(strategy, 2000);
        std::vector<u8*> objects;
        while (u8* const object = cache.alloc(GFP_KERNEL)) {
            fill_contents(object, 2000, static_cast<u32>(objects.size()));
            objects.push_back(object);
        }
        // Two of these fit in a page.
        EXPECT_GT(objects.size(), kernel_memory_frames * 3 / 2);
        EXPECT_FALSE(cache.alloc(GFP_KERNEL));
        EXPECT_EQ(cache->nr_failed, 2u);
        cache.free(objects.back());
        objects.back() = cache.alloc(GFP_KERNEL);
        ASSERT_TRUE(objects.back());
        fill_contents(objects.back(), 2000, static_cast<u32>(objects.size() - 1));
        for (size_t i = 0; i < objects.size(); ++i) {
            EXPECT_TRUE(has_contents(objects[i], 2000, static_cast<u32>(i)));
            cache.free(objects[i]);
        }
    }
    EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
}
