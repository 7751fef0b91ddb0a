// For tests of vmalloc: a window of its own over page tables of its own, which nobody
// walks but the test. The pages are the test arena's (test_pages.hpp): struct pages only.
#pragma once

#include "arch/i386/paging/pae.hpp"
#include "arch/i386/paging/two_level.hpp"
#include "lib/string.hpp"
#include "mm/map/page_table.hpp"
#include "mm/map/vmalloc_space.hpp"

// Tables out of an array; `left` of them can still be had.
class table_array {
public:
    static constexpr u32 most = 10;
    static constexpr u64 base = 0x100000;

    bool reserve(unsigned tables) {
        if (fault.should_fail(PAGE_SIZE) || used_ + tables > limit) return false;
        return true;
    }
    u64 take() {
        memset(room[used_], 0, PAGE_SIZE);
        return base + u64{used_++} * PAGE_SIZE;
    }
    void release() {}
    void top_changed(unsigned) {}
    void* directory(u64 table) { return room[(table - base) >> PAGE_SHIFT]; }
    void* map_table(u64 table) { return directory(table); }
    void unmap_table(void*) {}

    u32 limit = most;
    fault_attr fault{"page tables"};

private:
    alignas(PAGE_SIZE) static inline constinit u8 room[most][PAGE_SIZE] = {};
    u32 used_ = 0;
};

// What flush() was told last, and how often; what the CPUs may still remember.
template <class Format>
class simulated_tables final : public vmap_tables {
public:
    explicit simulated_tables(page_allocator& pages) : pages_(pages), table_(top_, memory) {}

    bool map_pages(u32 address, page* const* pages, u32 count,
                   page_rights rights) override {
        if (!table_.populate(address, count)) return false;
        table_.for_each_pte(address, count, [&](auto* pte, u32 at) {
            const u64 frame = u64{pages_.frame_of(*pages++).raw()} << PAGE_SHIFT;
            page_table<Format, table_array>::set(*pte, Format::leaf(frame, rights, 0), at);
        });
        return true;
    }
    bool map_frames(u32 address, u64 frame, u32 pages, page_rights rights) override {
        return table_.map(address, frame, pages, rights, true);
    }
    void unmap(u32 address, u32 pages) override {
        const bool whole = table_.unmap(address, pages, [](u32, u32, unsigned, auto) {});
        kassert(whole, "{:#x} is inside a large page", address);
    }
    void flush(u32 address, u32 pages) override {
        ++flushes;
        last_flush = {address, address + (pages << PAGE_SHIFT)};
    }
    std::optional<u64> frame_of(u32 address) override {
        const auto found = table_.find(address);
        if (!found.has_frame()) return {};
        return found.frame_of(address);
    }
    u64 entry_of(u32 address) override { return table_.find(address).raw; }
    page_rights rights_of(u32 address) { return Format::rights(table_.find(address).raw); }
    bool is_large(u32 address) { return table_.find(address).level == 1; }

    table_array memory;
    u32 flushes = 0;
    range<u32> last_flush{};

private:
    page_allocator& pages_;
    typename page_table<Format, table_array>::pgd_t
        top_[Format::levels == 3 ? 4 : Format::entries(Format::levels - 1)] = {};
    page_table<Format, table_array> table_;
};
