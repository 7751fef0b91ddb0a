// Eight threads as eight CPUs take and give back objects of the same caches, each also
// what another one took. Under -fsanitize=thread this proves that locks order all of it.
#include "lib/random.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

#include <mutex>
#include <thread>
#include <vector>

namespace {

constexpr u32 size = 72;

// Objects on their way from the CPU that took them to the one that gives them back.
class mailbox {
public:
    void post(void* object) {
        const std::lock_guard held(mutex_);
        objects_.push_back(object);
    }
    std::vector<void*> empty() {
        const std::lock_guard held(mutex_);
        return std::exchange(objects_, {});
    }

private:
    std::mutex mutex_;
    std::vector<void*> objects_;
};

// An object's first word says by which bytes the others can be told.
void mark(void* object, u32 seed) {
    fill_contents(object, size, seed);
    static_cast<u32*>(object)[0] = seed;
}
bool is_marked(const void* object) {
    const u32 seed = static_cast<const u32*>(object)[0];
    for (size_t i = sizeof(u32); i < size; ++i)
        if (static_cast<const u8*>(object)[i] != content_byte(seed, i)) return false;
    return true;
}

u32 live_through(kmem_cache* cache, std::vector<mailbox>& mail, unsigned cpu, int steps) {
    host_cpu = cpu;
    random_source random(cpu + 1);
    std::vector<void*> held;
    u32 mixed_up = 0;
    const auto give = [&](void* object) {
        mixed_up += !is_marked(object);
        kmem_cache_free(cache, object);
    };
    for (int step = 0; step < steps; ++step) {
        const u32 dice = random.below(100);
        if (dice < 50) {
            void* const object = kmem_cache_alloc(cache, GFP_KERNEL);
            if (!object) continue;
            mark(object, cpu * 100000 + step);
            held.push_back(object);
        } else if (dice < 52) {
            kmem_cache_shrink(cache);
        } else if (dice < 56) {
            for (void* const object : mail[cpu].empty()) give(object);
        } else if (!held.empty()) {
            std::swap(held[random.below(static_cast<u32>(held.size()))], held.back());
            void* const object = held.back();
            held.pop_back();
            if (dice < 75) mail[random.below(NR_CPUS)].post(object);
            else give(object);
        }
        if (dice == 99) kfree(kmalloc(random.below(2000), GFP_KERNEL));
    }
    for (void* const object : held) give(object);
    return mixed_up;
}

template <class Work>
void on_every_cpu(Work work) {
    std::vector<std::thread> threads;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        threads.emplace_back([&, cpu] {
            host_cpu = cpu;
            work(cpu);
        });
    for (std::thread& thread : threads) thread.join();
}

}  // namespace

STRATEGY_TEST(eight_cpus_share_a_cache) {
    for (const slab_flags_t flags : {slab_flags_t{0}, SLAB_DEBUG_FLAGS}) {
        test_cache cache(strategy, size, 0, flags);
        std::vector<mailbox> mail(NR_CPUS);
        std::vector<u32> mixed_up(NR_CPUS);
        on_every_cpu([&](unsigned cpu) {
            mixed_up[cpu] = live_through(cache.get(), mail, cpu, 2000);
        });
        on_every_cpu([&](unsigned cpu) {
            for (void* const object : mail[cpu].empty()) cache.free(object);
        });
        for (const u32 count : mixed_up) EXPECT_EQ(count, 0u);
        EXPECT_EQ(cache.live(), 0u);
        cache.check();
        // Each CPU gives back what it has at hand.
        on_every_cpu([&](unsigned) { shrink_all_caches(); });
        EXPECT_EQ(cache.slabs(), 0u);
    }
}
