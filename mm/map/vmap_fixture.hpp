// For tests of vmalloc: a window of its own over page tables of its own, which nobody
// walks but the test. The pages are the test arena's (test_pages.hpp): struct pages only.
#pragma once

#include "arch/i386/paging/pae.hpp"
#include "arch/i386/paging/two_level.hpp"
#include "mm/map/page_table.hpp"
#include "mm/map/vmalloc_space.hpp"
#include "mm/phys/page_alloc.hpp"

// Tables in pages of the kernel's, which its end gives back.
class table_pages {
public:
    static constexpr u32 most = 16;
    static constexpr u64 base = 0x100000;

    ~table_pages() {
        for (u32 i = 0; i < used_; ++i) free_page(tables_[i]);
    }
    bool reserve(unsigned tables) {
        if (fault.should_fail(PAGE_SIZE) || used_ + tables > most) return false;
        for (ready_ = used_; ready_ < used_ + tables; ++ready_) {
            tables_[ready_] = get_zeroed_page(GFP_KERNEL);
            if (!tables_[ready_]) break;
        }
        if (ready_ == used_ + tables) return true;
        release();
        return false;
    }
    u64 take() { return base + u64{used_++} * PAGE_SIZE; }
    void release() {
        while (ready_ > used_) free_page(tables_[--ready_]);
    }
    void top_changed(unsigned) {}
    void* directory(u64 table) { return tables_[(table - base) >> PAGE_SHIFT]; }
    void* map_table(u64 table) { return directory(table); }
    void unmap_table(void*) {}

    fault_attr fault{"page tables"};

private:
    void* tables_[most] = {};
    u32 used_ = 0;
    u32 ready_ = 0;  // those from used_ on are reserved
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
            page_table<Format, table_pages>::set(*pte, Format::leaf(frame, rights, 0), at);
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

    table_pages memory;
    u32 flushes = 0;
    range<u32> last_flush{};

private:
    page_allocator& pages_;
    typename page_table<Format, table_pages>::pgd_t
        top_[Format::levels == 3 ? 4 : Format::entries(Format::levels - 1)] = {};
    page_table<Format, table_pages> table_;
};
