// For tests: a page allocator over frames of its own, with memory behind them or not.
#pragma once

#include "mm/phys/page_allocator.hpp"

#include <cstring>
#include <memory>
#include <vector>

// Frames as an array of bytes.
class memory_of_bytes final : public frame_memory {
public:
    explicit memory_of_bytes(u32 frames) : bytes_(size_t{frames} << PAGE_SHIFT) {}

    u8* at(pfn frame) { return &bytes_[size_t{frame.raw()} << PAGE_SHIFT]; }
    void clear(pfn first, u32 count) override { fill(first, count, 0); }
    void fill(pfn first, u32 count, u8 byte) override {
        memset(at(first), byte, size_t{count} << PAGE_SHIFT);
    }
    std::optional<u64> find_other(pfn first, u32 count, u8 byte) override {
        const u8* const from = at(first);
        for (size_t i = 0; i < size_t{count} << PAGE_SHIFT; ++i)
            if (from[i] != byte) return i;
        return {};
    }

private:
    std::vector<u8> bytes_;
};

// `frames` of memory from 0 on; zones end where the caller says. Page 0 is reserved.
class simulated_memory {
public:
    struct shape {
        u32 frames;
        u32 dma_end = 4096;
        u32 normal_end = 896 * MiB >> PAGE_SHIFT;
        bool contents = false;
    };

    explicit simulated_memory(const shape& shape)
        : frames_(align_up(shape.frames, pageblock_nr_pages)),
          map_(std::make_unique<page[]>(frames_)),
          block_types_(frames_ / pageblock_nr_pages),
          owners_(frames_),
          bytes_(shape.contents ? frames_ : 0),
          allocator_(std::make_unique<page_allocator>()) {
        allocator_->init({.map = map_.get(),
                          .frames = frames_,
                          .block_types = block_types_.data(),
                          .zone_end = {shape.dma_end, shape.normal_end, frames_},
                          .owners = owners_.data(),
                          .memory = shape.contents ? &bytes_ : nullptr});
        allocator_->release({pfn(1), pfn(shape.frames)});
        allocator_->start();
    }

    page_allocator& operator*() { return *allocator_; }
    page_allocator* operator->() { return allocator_.get(); }
    memory_of_bytes& bytes() { return bytes_; }

private:
    u32 frames_;
    std::unique_ptr<page[]> map_;
    std::vector<migrate_type> block_types_;
    std::vector<page_owner> owners_;
    memory_of_bytes bytes_;
    std::unique_ptr<page_allocator> allocator_;
};
