// The page allocator beside the simplest model of it: a set of the frames that
// nobody has. Random requests of every order and kind, checked after each step.
#include "host-tests/mm/simulated_memory.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <set>

namespace {

struct held {
    page* head;
    unsigned order;
};

class beside_a_model {
public:
    beside_a_model(const simulated_memory::shape& shape, u32 seed)
        : memory_(shape), random_(seed) {
        for (u32 frame = 1; frame < shape.frames; ++frame) free_.insert(frame);
        at_first_ = picture();
    }

    void step() {
        if (!held_.empty() && random_.below(100) < chance_to_free_) give_back();
        else ask();
        if (random_.below(64) == 0) chance_to_free_ = 20 + random_.below(61);
    }

    void check() {
        memory_->check_invariants();
        u32 unused = 0;
        for (const zone& zone : memory_->zones()) unused += zone.free_pages() + zone.pcp_pages();
        ASSERT_EQ(unused, free_.size());
    }

    void everything_back() {
        while (!held_.empty()) give_back();
        memory_->drain_local_pages();
        check();
        EXPECT_EQ(picture(), at_first_);
    }

private:
    // The free blocks of each order: when all is free, there is but one way to be.
    std::vector<u32> picture() {
        memory_->drain_local_pages();
        std::vector<u32> blocks;
        for (const zone& zone : memory_->zones())
            for (unsigned order = 0; order < MAX_ORDER; ++order)
                blocks.push_back(zone.area(order).nr_free);
        return blocks;
    }

    void ask() {
        constexpr gfp_t masks[] = {GFP_KERNEL, GFP_ATOMIC, GFP_HIGHUSER_MOVABLE, GFP_DMA,
                                   GFP_KERNEL | __GFP_RECLAIMABLE, GFP_HIGHUSER, GFP_NOWAIT,
                                   GFP_KERNEL | __GFP_MEMALLOC};
        const gfp_t mask = masks[random_.below(std::size(masks))] | __GFP_NOWARN;
        const unsigned order = random_.below(3) == 0 ? random_.below(MAX_ORDER) : random_.below(4);
        page* const head = memory_->alloc_pages(mask, order);
        if (!head) return;
        const u32 first = memory_->frame_of(head).raw();
        ASSERT_TRUE(is_aligned(first, 1u << order));
        ASSERT_LE(page_zonenum(*head), gfp_zone(mask));
        ASSERT_EQ(page_count(*head), 1);
        for (u32 frame = first; frame < first + (1u << order); ++frame)
            ASSERT_EQ(free_.erase(frame), 1u) << "frame " << frame << " was not free";
        held_.push_back({head, order});
    }

    void give_back() {
        const size_t which = random_.below(static_cast<u32>(held_.size()));
        const held block = held_[which];
        held_[which] = held_.back();
        held_.pop_back();
        const u32 first = memory_->frame_of(block.head).raw();
        for (u32 frame = first; frame < first + (1u << block.order); ++frame)
            free_.insert(frame);
        memory_->free_pages(block.head, block.order);
    }

    simulated_memory memory_;
    random_source random_;
    std::set<u32> free_;
    std::vector<held> held_;
    std::vector<u32> at_first_;
    u32 chance_to_free_ = 50;
};

}  // namespace

TEST(page_allocator_model, small_zones_after_every_step) {
    for (u32 seed = 1; seed <= 4; ++seed) {
        beside_a_model machine({.frames = 3000, .dma_end = 1024, .normal_end = 2048}, seed);
        for (int i = 0; i < 2000; ++i) {
            machine.step();
            machine.check();
            if (testing::Test::HasFatalFailure()) return;
        }
        machine.everything_back();
    }
}

TEST(page_allocator_model, a_large_one_with_all_zones) {
    beside_a_model machine({.frames = 16384, .dma_end = 4096, .normal_end = 12288}, 99);
    for (int i = 0; i < 200'000; ++i) {
        machine.step();
        if (i % 10'000 == 0) machine.check();
        if (testing::Test::HasFatalFailure()) return;
    }
    machine.everything_back();
}
