// A CPU that keeps every translation that the manual allows it to keep (Intel SDM vol. 3,
// 4.10), and finds it as early as it may: a flush that a real CPU would forgive is
// missed here.
//
//     entries        pages as they were found, with the rights of all levels; large ones
//                    whole and as several small ones, both at once
//     tables         where PDEs led to, with their rights (paging-structure cache)
//     top entries    PAE: the four of when CR3 was loaded; memory's are used as well
//
// look_ahead() takes in all that can be reached, by tables and by what is kept of them,
// and marks it as accessed: into a table that somebody else has by now, if it comes to
// that. An entry that is not present is never kept.
//
//     INVLPG     drops the page, global or not, and everything kept of tables; all parts
//                of a large page if it is still one
//     CR3        drops what is not global, and everything kept of tables
//     CR4.PGE    drops all
#pragma once

#include <cpu/tlb.hpp>
#include "host-tests/support/software_mmu.hpp"

#include <map>
#include <set>
#include <vector>

class modelled_tlb final : public simulated_tlb {
public:
    // Pages are looked for in the spans of these addresses; of each span (2 or 4 MiB), in
    // the first few pages.
    modelled_tlb(software_mmu& mmu, std::vector<u32> spans, u32 pages_per_span)
        : mmu_(mmu), spans_(std::move(spans)), pages_per_span_(pages_per_span) {
        drop_all();
    }

    void drop_page(u32 address) override {
        const u32 page = address >> 12;
        const mmu_outcome now = mmu_.look(address);
        const bool is_large = now && now.page->page_size > 4096;
        std::erase_if(entries_, [&](const kept& e) {
            if (is_large && span_of(e.first) == span_of(page)) return true;
            return e.first <= page && page < e.first + e.pages;
        });
        tables_.clear();
        look_ahead();
    }
    void drop_space() override {
        std::erase_if(entries_, [](const kept& e) { return !e.page.global; });
        tables_.clear();
        load_top_entries();
        look_ahead();
    }
    void drop_all() override {
        entries_.clear();
        tables_.clear();
        load_top_entries();
        look_ahead();
    }

    void look_ahead() {
        for (const u32 span : spans_) {
            for (const u64 directory : directories(span))
                keep_pde(mmu_.pde(directory, span), span);
            const auto [first, end] = tables_.equal_range(span);
            for (auto at = first; at != end; ++at) keep_ptes(at->second, span);
        }
    }

    // Whether any access could still reach that frame, or any walk that table.
    bool keeps_frame(u64 frame) const {
        for (const kept& e : entries_)
            if (e.page.frame <= frame && frame < e.page.frame + e.pages * u64{4096})
                return true;
        return false;
    }
    bool keeps_table(u64 table) const {
        for (const auto& [span, kept] : tables_)
            if (kept.address == table) return true;
        for (const software_mmu::entry& top : top_)
            if (top.present() && top.address == table) return true;
        return false;
    }
    // Whether a walk finds the page, from the top entries that CR3's load left.
    bool finds(u32 address) const {
        if (!mmu_.cpu.pae) return static_cast<bool>(mmu_.look(address));
        const software_mmu::entry& top = top_[address >> 30];
        const software_mmu::entry now = mmu_.pdpte(address);
        return top.present() && top.address == now.address && mmu_.look(address);
    }
    // Whether something is kept that the tables do not say, or no longer.
    bool keeps_more_than_tables() const {
        for (const kept& e : entries_)
            for (const u32 i : {u32{0}, e.pages / 2, e.pages - 1}) {
                const mmu_outcome now = mmu_.look((e.first + i) << 12);
                if (!now || now.page->frame != e.page.frame + i * u64{4096} ||
                    (e.page.write && !now.page->write) ||
                    (e.page.user && !now.page->user) ||
                    (!e.page.no_execute && now.page->no_execute))
                    return true;
            }
        return false;
    }
    size_t size() const { return entries_.size(); }

private:
    struct kept {
        u32 first, pages;
        mmu_page page;  // its frame is the first page's

        auto key() const {
            return std::tuple(first, pages, page.frame, page.write, page.user,
                              page.no_execute, page.global);
        }
        bool operator<(const kept& other) const { return key() < other.key(); }
    };
    struct kept_table {
        u64 address;
        mmu_page rights;

        bool operator==(const kept_table&) const = default;
    };

    u32 span_of(u32 page) const { return page / (mmu_.large_size() / 4096); }

    void load_top_entries() {
        if (!mmu_.cpu.pae) return;
        for (unsigned i = 0; i < 4; ++i) top_[i] = mmu_.pdpte(i << 30);
    }
    std::set<u64> directories(u32 address) const {
        if (!mmu_.cpu.pae) return {mmu_.only_directory()};
        std::set<u64> found;
        for (const software_mmu::entry& e : {top_[address >> 30], mmu_.pdpte(address)})
            if (e.present()) found.insert(e.address);
        return found;
    }

    void keep_pde(software_mmu::entry e, u32 span) {
        if (!e.present() || e.reserved) return;
        mmu_.mark(e, false);
        mmu_page page;
        if (!e.large) {
            mmu_.narrow(page, e);
            const kept_table table{e.address, page};
            const auto [first, end] = tables_.equal_range(span);
            for (auto at = first; at != end; ++at)
                if (at->second == table) return;
            tables_.emplace(span, table);
            return;
        }
        mmu_.finish(page, e, span);
        entries_.insert({span >> 12, page.page_size / 4096, page});
        for (u32 i = 0; i < pages_per_span_; ++i) {
            entries_.insert({(span >> 12) + i, 1, page});
            page.frame += 4096;
        }
    }
    void keep_ptes(const kept_table& table, u32 span) {
        for (u32 i = 0; i < pages_per_span_; ++i) {
            software_mmu::entry e = mmu_.pte(table.address, span + (i << 12));
            if (!e.present() || e.reserved) continue;
            mmu_.mark(e, false);
            mmu_page page = table.rights;
            mmu_.finish(page, e, 0);
            entries_.insert({(span >> 12) + i, 1, page});
        }
    }

    software_mmu& mmu_;
    std::vector<u32> spans_;
    u32 pages_per_span_;
    std::set<kept> entries_;
    std::multimap<u32, kept_table> tables_;
    software_mmu::entry top_[4];
};
