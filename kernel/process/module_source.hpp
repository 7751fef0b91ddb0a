// The bytes of a boot module, which lies somewhere in RAM, high memory perhaps: a page at a
// time, and each page is RAM again when it has been read.
#pragma once

#include "fs/unpack/byte_stream.hpp"
#include "lib/boot_info.hpp"
#include "mm/map/highmem.hpp"
#include "mm/phys/memory_map.hpp"
#include "mm/phys/page_alloc.hpp"

class module_source final : public byte_source {
public:
    module_source(u64 start, u64 end) : at_(start), end_(end) {}
    ~module_source() {
        while (!next().empty()) {}
    }
    module_source(const module_source&) = delete;
    module_source& operator=(const module_source&) = delete;

    byte_span next() override {
        give_back();
        if (at_ >= end_) return {};
        const u32 frame = static_cast<u32>(at_ >> PAGE_SHIFT);
        const u32 offset = static_cast<u32>(at_ & (PAGE_SIZE - 1));
        if (frame >= max_pfn) return {};
        const u32 bytes = static_cast<u32>(min_of(u64{PAGE_SIZE - offset}, end_ - at_));
        page_ = pfn_to_page(pfn(frame));
        whole_ = offset == 0;
        at_ += bytes;
        return {static_cast<const u8*>(kmap(page_)) + offset, bytes};
    }

private:
    // A page in which another module or something else begins is not touched.
    void give_back() {
        if (!page_) return;
        kunmap(page_);
        const pfn frame = page_to_pfn(page_);
        page_ = nullptr;
        const bool shared = [&] {
            for (const boot_module& other : the_boot_info().module_list())
                if (other.start != at_ && (other.start >> PAGE_SHIFT) == frame.raw() &&
                    (other.start & (PAGE_SIZE - 1)))
                    return true;
            return false;
        }();
        if (whole_ && !shared &&
            the_memory_map().kind_at(u64{frame.raw()} << PAGE_SHIFT) == memory_kind::module)
            the_page_allocator().release({frame, pfn(frame.raw() + 1)});
    }

    u64 at_, end_;
    page* page_ = nullptr;
    bool whole_ = false;
};
