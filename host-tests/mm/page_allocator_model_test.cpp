// The page allocator beside the simplest model of it: for each frame, whether
// somebody has it. Random requests of every order and kind, checked after each step.
// With LOCI_LONG_TESTS in the environment there are millions of them.
#include "host-tests/mm/simulated_memory.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <cstdlib>

namespace {

struct held {
    page* head;
    unsigned order;
};

class beside_a_model {
public:
    beside_a_model(const simulated_memory::shape& shape, u32 seed)
        : memory_(shape), random_(seed), taken_(shape.frames), unused_(shape.frames - 1) {
        taken_[0] = true;
        at_first_ = picture();
    }

    void step() {
        if (!held_.empty() && random_.below(100) < chance_to_free_) give_back();
        else if (random_.one_in(40)) ask_for_a_range();
        else ask();
        if (random_.below(64) == 0) chance_to_free_ = 20 + random_.below(61);
    }

    void check() {
        memory_->check_invariants();
        u32 unused = 0;
        for (const zone& zone : memory_->zones())
            unused += zone.free_pages() + zone.pcp_pages();
        ASSERT_EQ(unused, unused_);
    }

    void everything_back() {
        while (!held_.empty()) give_back();
        memory_->drain_local_pages();
        check();
        EXPECT_EQ(picture(), at_first_);
    }

private:
    static constexpr unsigned a_range = ~0u;  // in held::order; its length is in `private`

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
        const unsigned order = random_.below(random_.one_in(3) ? MAX_ORDER : 4);
        page* const head = memory_->alloc_pages(mask, order);
        if (!head) return;
        ASSERT_TRUE(is_aligned(memory_->frame_of(head).raw(), 1u << order));
        ASSERT_LE(page_zonenum(*head), gfp_zone(mask));
        ASSERT_EQ(page_count(*head), 1);
        now_taken(head, 1u << order);
        held_.push_back({head, order});
    }

    void ask_for_a_range() {
        const u32 count = random_.between(1, 2100);
        page* const first = memory_->alloc_contig_pages(count, GFP_HIGHUSER | __GFP_NOWARN);
        if (!first) return;
        now_taken(first, count);
        held_.push_back({first, a_range});
    }

    void give_back() {
        const size_t which = random_.below(static_cast<u32>(held_.size()));
        const held block = held_[which];
        held_[which] = held_.back();
        held_.pop_back();
        if (block.order == a_range) {
            const u32 count = static_cast<u32>(block.head->private_);
            now_free(block.head, count);
            memory_->free_contig_pages(block.head, count);
        } else {
            now_free(block.head, 1u << block.order);
            memory_->free_pages(block.head, block.order);
        }
    }

    void now_taken(const page* head, u32 count) {
        const u32 first = memory_->frame_of(head).raw();
        for (u32 frame = first; frame < first + count; ++frame) {
            ASSERT_FALSE(taken_[frame]) << "frame " << frame << " has an owner";
            taken_[frame] = true;
        }
        unused_ -= count;
    }
    void now_free(const page* head, u32 count) {
        const u32 first = memory_->frame_of(head).raw();
        for (u32 frame = first; frame < first + count; ++frame) taken_[frame] = false;
        unused_ += count;
    }

    simulated_memory memory_;
    random_source random_;
    std::vector<u8> taken_;
    u32 unused_;
    std::vector<held> held_;
    std::vector<u32> at_first_;
    u32 chance_to_free_ = 50;
};

int long_or(int many, int few) { return getenv("LOCI_LONG_TESTS") ? many : few; }

void run(beside_a_model& machine, int steps, int steps_a_check) {
    for (int i = 0; i < steps; ++i) {
        machine.step();
        if (i % steps_a_check == 0) machine.check();
        if (testing::Test::HasFatalFailure()) return;
    }
    machine.everything_back();
}

}  // namespace

TEST(page_allocator_model, small_zones_after_every_step) {
    for (u32 seed = 1; seed <= 4; ++seed) {
        beside_a_model machine({.frames = 3000, .dma_end = 1024, .normal_end = 2048}, seed);
        run(machine, long_or(500'000, 3000), 1);
    }
}

TEST(page_allocator_model, page_blocks_of_every_type_after_every_step) {
    for (u32 seed = 1; seed <= 2; ++seed) {
        beside_a_model machine({.frames = 6144, .dma_end = 1024, .normal_end = 5120}, seed);
        run(machine, long_or(50'000, 2000), 1);
    }
}

TEST(page_allocator_model, a_large_one_with_all_zones) {
    beside_a_model machine({.frames = 16384, .dma_end = 4096, .normal_end = 12288}, 99);
    run(machine, long_or(2'000'000, 100'000), 10'000);
}
