// The page allocator's interface in any order: what is given out belongs to nobody
// else, each wrong free is reported and changes nothing, and in the end all is there.
//
// Input: pairs of bytes, an operation and its argument.
#include "host-tests/mm/simulated_memory.hpp"

#include <cstdlib>
#include <utility>

namespace {

void require(bool truth) {
    if (!truth) abort();
}

u32 reports = 0;
void count_report(const page_report&) { ++reports; }

struct held {
    page* head;
    u32 count;
    unsigned order;
    bool range;
    u32 references;
};

class shadow {
public:
    shadow()
        : memory_({.frames = frames, .dma_end = 1024, .normal_end = 5120}), taken_(frames) {
        memory_->set_reporter(count_report);
        reports = 0;
    }

    void step(u8 operation, u8 argument) {
        switch (operation % 12) {
            case 0: case 1: case 2: return ask(operation / 12, argument);
            case 3: return ask_for_a_range(operation / 12, argument);
            case 4: case 5: return release(argument, false);
            case 6: return release(argument, true);
            case 7: return another_reference(argument);
            case 8: return memory_->drain_local_pages();
            case 9: return free_wrongly(operation / 12, argument);
            case 10: return split(argument);
            case 11: host_cpu = argument % NR_CPUS; return;
        }
    }

    void check() {
        memory_->check_invariants();
        require(memory_->pages_in_use() == in_use_);
    }

    void finish() {
        while (!held_.empty()) release(0, false);
        for (host_cpu = 0; host_cpu < NR_CPUS; ++host_cpu) memory_->drain_local_pages();
        host_cpu = 0;
        check();
        require(in_use_ == 0 && reports == 0);
        require(memory_->free_pages_count() == memory_->managed_pages());
    }

private:
    static constexpr u32 frames = 6144;
    static constexpr gfp_t masks[] = {
        GFP_KERNEL, GFP_ATOMIC, GFP_HIGHUSER_MOVABLE, GFP_KERNEL | __GFP_RECLAIMABLE,
        GFP_DMA,    GFP_NOWAIT, GFP_HIGHUSER,         GFP_KERNEL | __GFP_MEMALLOC};

    void now_held(page* head, u32 count, unsigned order, bool range) {
        const u32 first = memory_->frame_of(head).raw();
        for (u32 frame = first; frame < first + count; ++frame) {
            require(!taken_[frame]);
            taken_[frame] = true;
        }
        in_use_ += count;
        held_.push_back({head, count, order, range, 1});
    }

    void ask(u8 kind, u8 argument) {
        const gfp_t mask = masks[kind % std::size(masks)] | __GFP_NOWARN;
        const unsigned order = argument % (MAX_ORDER + 1);
        page* const head = memory_->alloc_pages(mask, order);
        if (!head) return;
        require(order < MAX_ORDER && page_zonenum(*head) <= gfp_zone(mask));
        require(is_aligned(memory_->frame_of(head).raw(), 1u << order));
        now_held(head, 1u << order, order, false);
    }

    void ask_for_a_range(u8 kind, u8 argument) {
        const u32 count = argument * 13;
        const gfp_t mask = masks[kind % std::size(masks)];
        page* const first = memory_->alloc_contig_pages(count, mask);
        if (first) now_held(first, count, 0, true);
    }

    void release(u8 argument, bool put) {
        if (held_.empty()) return;
        held& chosen = held_[argument % held_.size()];
        const held block = chosen;
        if (--chosen.references == 0) {
            const u32 first = memory_->frame_of(block.head).raw();
            for (u32 frame = first; frame < first + block.count; ++frame)
                taken_[frame] = false;
            in_use_ -= block.count;
            chosen = held_.back();
            held_.pop_back();
        }
        if (block.range) memory_->free_contig_pages(block.head, block.count);
        else if (put) memory_->put_page(block.head);
        else memory_->free_pages(block.head, block.order);
    }

    void another_reference(u8 argument) {
        if (held_.empty()) return;
        held& block = held_[argument % held_.size()];
        if (block.range) return;
        get_page(*block.head);
        ++block.references;
    }

    void split(u8 argument) {
        if (held_.empty()) return;
        held& block = held_[argument % held_.size()];
        if (block.range || block.references != 1 || block.order > 4) return;
        memory_->split_page(block.head, block.order);
        const held whole = std::exchange(block, {block.head, 1, 0, false, 1});
        for (u32 i = 1; i < whole.count; ++i)
            held_.push_back({whole.head + i, 1, 0, false, 1});
    }

    // Any frame, any order, and no right to it: one report, and nothing is different.
    void free_wrongly(u8 kind, u8 argument) {
        const u32 frame = (argument * 24 + kind) % frames;
        page* const page = memory_->map() + frame;
        const u32 before = reports;
        if (!taken_[frame]) {
            if (kind % 3 == 0) memory_->free_pages(page, kind % MAX_ORDER);
            else if (kind % 3 == 1) memory_->put_page(page);
            else memory_->free_contig_pages(page, 1 + argument);
        } else if (const held* const block = held_at(page); !block) {
            memory_->free_pages(page, kind % MAX_ORDER);
        } else if (block->range) {
            memory_->free_contig_pages(page, block->count + 1);
        } else if (block->references == 1) {
            memory_->free_pages(page, block->order + 1 + kind % 5);
        } else {
            return;
        }
        require(reports == before + 1);
        reports = 0;
    }

    const held* held_at(const page* head) const {
        for (const held& block : held_)
            if (block.head == head) return &block;
        return nullptr;
    }

    simulated_memory memory_;
    std::vector<u8> taken_;
    std::vector<held> held_;
    u32 in_use_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    host_cpu = 0;
    shadow machine;
    for (size_t i = 0; i + 1 < size; i += 2) {
        machine.step(data[i], data[i + 1]);
        if (i % 64 == 0) machine.check();
    }
    machine.finish();
    return 0;
}
