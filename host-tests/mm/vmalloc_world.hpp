// A vmalloc space beside a plain model of it, for random tests and the fuzzer: which
// addresses are in use is a std::map, what is in them is written and read through the page
// tables as a CPU would.
#pragma once

#include "arch/i386/paging/pae.hpp"
#include "host-tests/mm/simulated_memory.hpp"
#include "mm/map/page_table.hpp"
#include "mm/map/vmalloc_space.hpp"

#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

// Page tables in memory of the test's own; a TLB that keeps all that it may.
template <class Format>
class model_tables final : public vmap_tables {
public:
    explicit model_tables(page_allocator& pages) : pages_(pages), table_(top_, memory_) {}

    bool map_pages(u32 address, page* const* pages, u32 count,
                   page_rights rights) override {
        if (!table_.populate(address, count)) return false;
        table_.for_each_pte(address, count, [&](auto* pte, u32 at) {
            const u64 frame = u64{pages_.frame_of(*pages++).raw()} << PAGE_SHIFT;
            table::set(*pte, Format::leaf(frame, rights, 0), at);
        });
        return forget_nothing(address, count);
    }
    bool map_frames(u32 address, u64 frame, u32 pages, page_rights rights) override {
        return table_.map(address, frame, pages, rights, false) &&
               forget_nothing(address, pages);
    }
    void unmap(u32 address, u32 pages) override {
        const bool whole = table_.unmap(address, pages, [](u32, u32, unsigned, auto) {});
        kassert(whole, "{:#x} is inside a large page", address);
    }
    void flush(u32 address, u32 pages) override {
        ++flushes;
        for (u32 i = 0; i < pages; ++i) remembered_.erase((address >> PAGE_SHIFT) + i);
    }
    std::optional<u64> frame_of(u32 address) override {
        const auto found = table_.find(address);
        if (!found.has_frame()) return {};
        return found.frame_of(address);
    }
    u64 entry_of(u32 address) override { return table_.find(address).raw; }

    u32 flushes = 0;
    u32 stale = 0;  // pages that were mapped while a CPU remembered another frame (I4)

private:
    struct memory {
        bool reserve(unsigned) { return true; }
        u64 take() {
            const u64 at = 0x1000000 + tables.size() * PAGE_SIZE;
            tables[at] = std::make_unique<u8[]>(PAGE_SIZE);
            return at;
        }
        void release() {}
        void top_changed(unsigned) {}
        void* directory(u64 table) { return tables.at(table).get(); }
        void* map_table(u64 table) { return directory(table); }
        void unmap_table(void*) {}
        std::map<u64, std::unique_ptr<u8[]>> tables;
    };
    using table = page_table<Format, memory>;

    // Every page is touched as soon as it is mapped, and then remembered.
    bool forget_nothing(u32 address, u32 pages) {
        for (u32 i = 0; i < pages; ++i) {
            const u32 at = address + (i << PAGE_SHIFT);
            stale += !remembered_.emplace(at >> PAGE_SHIFT, *frame_of(at)).second;
        }
        return true;
    }

    page_allocator& pages_;
    memory memory_;
    typename table::pgd_t top_[Format::levels == 3 ? 4 : Format::entries(Format::levels - 1)] =
        {};
    table table_;
    std::map<u32, u64> remembered_;  // page -> frame
};

template <class Format>
class vmalloc_world {
public:
    static constexpr u32 start = 0xD0000000;
    static constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;
    static constexpr page_rights rights{.write = true};

    struct held {
        u32 pages;
        u32 kind;
        u32 content;
    };

    vmalloc_world(u32 window_pages, u32 lazy_max)
        : memory_({.frames = 3072, .dma_end = 1024, .normal_end = 2048, .contents = true}),
          tables_(*memory_),
          end_(start + (window_pages << PAGE_SHIFT)),
          lazy_max_(lazy_max) {
        require(space_.init({.start = start,
                             .end = end_,
                             .tables = &tables_,
                             .pages = &*memory_,
                             .lazy_max_pages = lazy_max}));
    }
    ~vmalloc_world() {
        while (!live_.empty()) free(0);
        require(space_.destroy());
        require(memory_->pages_in_use() == 0 && tables_.stale == 0);
    }

    void alloc(u32 pages, u32 align) {
        const u32 lowest = lowest_fit(pages + 1, align, false);
        const bool room = lowest || lowest_fit(pages + 1, align, true);
        const u32 at = space_.alloc(size_t{pages} << PAGE_SHIFT, align, quiet, rights, 1);
        if (!at) return require(!room || memory_->free_pages_count() < pages + 600);
        filled(at, pages, align, lowest, room);
    }
    // While pages fail on purpose.
    void alloc_that_may_fail(u32 pages) {
        const u32 lowest = lowest_fit(pages + 1, PAGE_SIZE, false);
        const u32 at = space_.alloc(size_t{pages} << PAGE_SHIFT, PAGE_SIZE, quiet, rights, 1);
        if (at) filled(at, pages, PAGE_SIZE, lowest, true);
    }
    // The pages of an area once more.
    void map(u32 which) {
        if (live_.empty()) return;
        const auto from = nth(which);
        if (from->second.kind != VM_ALLOC) return;
        std::vector<page*> pages;
        for (u32 i = 0; i < from->second.pages; ++i)
            pages.push_back(space_.page_of(from->first + (i << PAGE_SHIFT)));
        const u32 at = space_.map(pages.data(), from->second.pages, 0, rights, 1);
        if (!at) return;
        now_live(at, from->second.pages, VM_MAP);
        for (u32 i = 0; i < from->second.pages; ++i)
            require(*word_at(at + (i << PAGE_SHIFT)) == from->second.content + i);
    }
    void remap(u32 pages) {
        const u32 at = space_.remap(0xE0000000, u64{pages} << PAGE_SHIFT, rights, 1);
        if (at) now_live(at, pages, VM_IOREMAP);
    }
    void free(u32 which) {
        if (live_.empty()) return;
        const auto at = nth(which);
        const auto [address, area] = *at;
        check_contents(address, area);
        space_.free(address, area.kind, "vfree");
        live_.erase(at);
        require(!space_.find(address) && !space_.frame_of(address));
        if (lazy_max_ > 0) lazy_[address] = area.pages + 1;
        if (space_.stats().lazy_pages == 0) lazy_.clear();
    }
    void free_wrongly(u32 address, u32 kind) {
        const auto at = live_.find(address);
        if (at != live_.end() && at->second.kind == kind) return;
        const u32 areas = space_.stats().areas;
        space_.free(address, kind, "vfree");
        require(space_.stats().areas == areas);
    }
    void purge() {
        space_.purge();
        lazy_.clear();
    }

    // No overlap, guards between, contents, and what the space says of itself.
    void check(bool contents = true) {
        space_.check_invariants();
        require(tables_.stale == 0 && space_.stats().areas == live_.size());
        u32 lazy_pages = 0;
        if (space_.stats().lazy_pages == 0) lazy_.clear();
        for (const auto& [address, pages] : lazy_) lazy_pages += pages;
        require(lazy_pages == space_.stats().lazy_pages);
        u32 before = start;
        for (const auto& [address, area] : live_) {
            require(address >= before);
            before = address + ((area.pages + 1) << PAGE_SHIFT);
            require(before <= end_ && !space_.frame_of(before - PAGE_SIZE));
            require(space_.find(address + 5)->va_start == address);
            if (contents) check_contents(address, area);
        }
    }
    page_allocator& pages() { return *memory_; }
    size_t live() const { return live_.size(); }

private:
    static void require(bool truth) {
        if (!truth) abort();
    }
    void filled(u32 at, u32 pages, u32 align, u32 lowest, bool room) {
        require(room && is_aligned(at, align));
        // The lowest of all, if it is not aligned more than a page (vmap_area.hpp).
        if (align == PAGE_SIZE && lowest) require(at == lowest);
        now_live(at, pages, VM_ALLOC);
        for (u32 i = 0; i < pages; ++i) *word_at(at + (i << PAGE_SHIFT)) = counter_ + i;
        live_[at].content = counter_;
        counter_ += pages;
    }
    auto nth(u32 which) { return std::next(live_.begin(), which % live_.size()); }

    u32* word_at(u32 address) {
        const u64 frame = *space_.frame_of(address);
        return reinterpret_cast<u32*>(
            memory_.bytes().at(pfn(static_cast<u32>(frame >> PAGE_SHIFT))));
    }
    void check_contents(u32 address, const held& area) {
        if (area.kind != VM_ALLOC) return;
        for (u32 i = 0; i < area.pages; ++i)
            require(*word_at(address + (i << PAGE_SHIFT)) == area.content + i);
    }
    void now_live(u32 address, u32 pages, u32 kind) {
        // A purge on the way, for want of room, has freed what waited.
        if (space_.stats().lazy_pages == 0) lazy_.clear();
        live_[address] = {pages, kind, 0};
    }
    // Where the area would be if every hole were looked at; 0: nowhere.
    u32 lowest_fit(u32 pages, u32 align, bool lazy_too) const {
        std::map<u32, u32> taken;  // start -> pages
        for (const auto& [address, area] : live_) taken[address] = area.pages + 1;
        if (!lazy_too) taken.insert(lazy_.begin(), lazy_.end());
        taken[end_] = 0;
        u32 at = start;
        for (const auto& [address, size] : taken) {
            const u64 from = align_up(u64{at}, u64{align});
            if (from + (u64{pages} << PAGE_SHIFT) <= address) return static_cast<u32>(from);
            at = address + (size << PAGE_SHIFT);
        }
        return 0;
    }

    simulated_memory memory_;
    model_tables<Format> tables_;
    vmalloc_space space_;
    std::map<u32, held> live_;
    std::map<u32, u32> lazy_;
    u32 end_;
    u32 lazy_max_;
    u32 counter_ = 1;
};
