// Memory for page tables on the host: a table_memory that finds misuse, and the bus that
// a software MMU looks at.
//
//     physical    what entries hold; with PAE every other page lies above 28 GiB
//     windows     the same pages, visible at several addresses: one each for directories
//                 and for the MMU; the others take turns to show mapped tables
//
// A table can be touched through a window only between map_table() and unmap_table(),
// elsewhere AddressSanitizer stops the test.
#pragma once

#include "host-tests/support/software_mmu.hpp"
#include "lib/address.hpp"

#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

class table_arena final : public physical_memory {
public:
    explicit table_arena(bool pae, unsigned pages = 64);
    ~table_arena();
    table_arena(const table_arena&) = delete;
    table_arena& operator=(const table_arena&) = delete;

    // ---- a table_memory ---------------------------------------------------------
    bool reserve(unsigned tables);
    u64 take();
    void release() { reserved_ = 0; }
    void top_changed(unsigned index) {
        if (on_top_changed) on_top_changed(index);
    }
    void* directory(u64 table);
    void* map_table(u64 table);
    void unmap_table(void* mapped);

    // ---- for tests -----------------------------------------------------------------
    // The topmost table, in low memory, reached at any time.
    u64 top_address() const { return physical(0); }
    void* top() { return directory(top_address()); }

    // No CPU can be walking it: it is overwritten.
    void give_back(u64 table);

    // The nth call of reserve() from now on fails, 1 the next one; 0: none.
    void fail_nth_reserve(unsigned n) { fails_in_ = n; }
    bool failed() const { return failed_; }
    void clear_failed() { failed_ = false; }

    size_t in_use() const { return used_.size(); }  // without the topmost
    bool is_used(u64 table) const { return used_.contains(table); }
    bool nothing_mapped() const { return mapped_.empty(); }
    std::vector<u8> snapshot() const;

    std::function<void(unsigned index)> on_top_changed;

    // ---- the bus -------------------------------------------------------------------
    u64 read(u64 address, unsigned bytes) override;
    void write(u64 address, u64 value, unsigned bytes) override;

private:
    enum { for_directories, for_mmu, first_for_tables, windows = first_for_tables + 3 };

    u64 physical(unsigned page) const {
        const u64 high = pae_ && page % 2 == 1 ? 7ull << 32 : 0;
        return high + 0x200000 + u64{page} * PAGE_SIZE;
    }
    unsigned page_of(u64 physical) const;
    u8* at(unsigned window, unsigned page) const {
        return window_[window] + size_t{page} * PAGE_SIZE;
    }
    void hide(unsigned window, unsigned page) const;
    void show(unsigned window, unsigned page) const;

    bool pae_;
    unsigned pages_;
    u8* window_[windows];
    std::set<unsigned> free_;
    std::set<u64> used_;
    std::set<u64> directories_;
    std::map<void*, u64> mapped_;
    unsigned next_window_ = first_for_tables;
    unsigned reserved_ = 0;
    unsigned fails_in_ = 0;
    bool failed_ = false;
};
