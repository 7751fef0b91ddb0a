// What the migrate types are for (B9): the same mixed work, once with the kinds of
// pages kept apart and once with all of one kind. Then all that can be moved or had
// back goes, and what is left is counted in large blocks.
#include "host-tests/mm/simulated_memory.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <cstdio>

namespace {

constexpr u32 allocations = 200'000;
constexpr u32 frames = 16 * pageblock_nr_pages;

struct outcome {
    u32 largest_order;
    u32 large_blocks;  // of order 9 and 10
    u32 free_pages;
    u32 failures;
};

// Long-lived pages of the kernel among many short-lived ones of users.
class mixed_work {
public:
    explicit mixed_work(bool with_types)
        : memory_({.frames = frames, .dma_end = 0, .normal_end = frames}),
          kinds_(with_types ? all_kinds : gfp_t{0}) {}

    outcome run() {
        for (u32 i = 0; i < allocations; ++i) {
            const u32 dice = random_.below(100);
            const unsigned few = random_.below(3), mostly_one = random_.one_in(20) ? 3 : 0;
            if (dice < 12) hold(kernels_, GFP_KERNEL, few, frames / 8);
            else if (dice < 25) hold(cached_, GFP_NOFS | __GFP_RECLAIMABLE, 0, frames / 4);
            else hold(users_, GFP_USER | __GFP_MOVABLE, mostly_one, frames / 2);
        }
        while (!users_.blocks.empty()) let_go(users_);
        while (!cached_.blocks.empty()) let_go(cached_);
        memory_->drain_local_pages();
        memory_->check_invariants();
        return count();
    }

private:
    static constexpr gfp_t all_kinds = __GFP_MOVABLE | __GFP_RECLAIMABLE;

    struct held {
        page* head;
        unsigned order;
    };
    struct group {
        std::vector<held> blocks;
        u32 pages = 0;
    };

    void hold(group& group, gfp_t mask, unsigned order, u32 most_pages) {
        // Where all are of one kind, the mask no longer says which.
        const gfp_t kind = mask & (~all_kinds | kinds_);
        while (group.pages + (1u << order) > most_pages) let_go(group);
        page* const head = memory_->alloc_pages(kind | __GFP_NOWARN, order);
        if (!head) {
            ++failures_;
            return;
        }
        group.blocks.push_back({head, order});
        group.pages += 1u << order;
    }

    void let_go(group& group) {
        std::swap(group.blocks[random_.below(static_cast<u32>(group.blocks.size()))],
                  group.blocks.back());
        const held block = group.blocks.back();
        group.blocks.pop_back();
        group.pages -= 1u << block.order;
        memory_->free_pages(block.head, block.order);
    }

    outcome count() {
        const zone& zone = memory_->zone_at(ZONE_NORMAL);
        outcome seen{0, 0, zone.free_pages(), failures_};
        for (unsigned order = 0; order < MAX_ORDER; ++order) {
            if (zone.area(order).nr_free == 0) continue;
            seen.largest_order = order;
            if (order >= 9) seen.large_blocks += zone.area(order).nr_free;
        }
        return seen;
    }

    simulated_memory memory_;
    random_source random_{2026};
    const gfp_t kinds_;
    group kernels_, cached_, users_;
    u32 failures_ = 0;
};

void tell(const char* how, const outcome& outcome) {
    printf("  fragmentation %s: largest free block of order %u, "
           "%u blocks of order 9 or 10, %u pages free of %u, %u failures\n",
           how, outcome.largest_order, outcome.large_blocks, outcome.free_pages, frames,
           outcome.failures);
}

}  // namespace

TEST(fragmentation, types_keep_large_blocks_whole) {
    const outcome without = mixed_work(false).run();
    const outcome with = mixed_work(true).run();
    tell("without types", without);
    tell("with types", with);
    RecordProperty("large_blocks_without_types", static_cast<int>(without.large_blocks));
    RecordProperty("large_blocks_with_types", static_cast<int>(with.large_blocks));
    EXPECT_GT(with.largest_order, without.largest_order);
    EXPECT_GT(with.large_blocks, 2 * without.large_blocks);
    EXPECT_LE(with.failures, without.failures);
}
