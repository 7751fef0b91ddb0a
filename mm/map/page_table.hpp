// Page tables as Linux names them, over either format (spec A3).
//
//     linear address      pgd            pmd              pte            page
//     +----+----+----+  +-----+        +-----+          +-----+        +-----+
//     |pgd |pmd |pte |  |     |   +--->|     |    +---->|     |   +--->|     |
//     +----+----+----+  | ent-+---+    | ent-+----+     | ent-+---+    | 4K  |
//       |    |    |     |     |        |     |          |     |        |     |
//       +----|----|---->+-----+        +-----+          +-----+        +-----+
//            +----|-------------------->             large page: the pmd is the leaf
//                 +----------------------------------->
//
// With PAE all three are tables (4, 512, 512 entries). With two levels the pmd is folded
// into the pgd: the directory of 1024 entries is the pgd, and a "pmd table" is the one
// entry that one already stands at. So whoever walks always takes three steps, and the
// middle one costs nothing where there is nothing to do.
//
// page_table is what one walks with: a top table and a `table_memory`, which is where
// tables come from and how to reach them. Directories lie in the linear map; pte tables
// may lie in high memory and are reached between map_table() and unmap_table() only.
//
// A range operation happens as a whole or not at all: populate() first counts the tables
// that are missing and reserves as many pages; what then fills them cannot fail. An
// unmap or protect that begins or ends inside a large page splits it in the same way.
//
// I1: an entry that is present is never overwritten by map().
// I2: a table is never in two places; one that is taken out is handed to the caller, who
//     gives it back when no CPU can be walking it any more: after the flush.
// I3: no operation flushes. Who makes an entry less than it was names the range to
//     flush_tlb(); to make an absent entry present needs none (Intel SDM vol. 3,
//     4.10.4.3: the CPU caches no entry that is not present).
//
// Locking is the caller's: page_table_lock of the address space.
#pragma once

#include "lib/assert.hpp"
#include "mm/map/table_entry.hpp"

template <page_table_format F, table_memory M>
class page_table {
public:
    using entry = typename F::entry;
    using pgd_t = pgd_of<F>;
    using pmd_t = pmd_of<F>;
    using pte_t = pte_of<F>;
    static constexpr bool pmd_folded = F::levels == 2;
    static constexpr u32 pages_per_pmd = 1u << (F::shift(1) - PAGE_SHIFT);

    page_table(pgd_t* top, M& memory) : top_(top), memory_(memory) {}

    // ---- three steps --------------------------------------------------------------
    pgd_t* pgd_offset(u32 address) const {
        return &top_[entry_index<F>(address, F::levels - 1)];
    }
    static bool pgd_none(pgd_t pgd) { return !pmd_folded && pgd.none(); }
    pmd_t* pmd_offset(pgd_t* pgd, u32 address) const {
        if constexpr (pmd_folded) return reinterpret_cast<pmd_t*>(pgd);
        else
            return static_cast<pmd_t*>(memory_.directory(pgd->address())) +
                   entry_index<F>(address, 1);
    }
    // Until pte_unmap(); the pmd must point to a table.
    pte_t* pte_offset_map(pmd_t pmd, u32 address) const {
        return static_cast<pte_t*>(memory_.map_table(pmd.address())) +
               entry_index<F>(address, 0);
    }
    void pte_unmap(pte_t* pte) const {
        memory_.unmap_table(reinterpret_cast<void*>(
            align_down(reinterpret_cast<uintptr_t>(pte), uintptr_t{PAGE_SIZE})));
    }

    // The pmd of an address, or null where there is no directory.
    pmd_t* pmd_of_address(u32 address) const {
        pgd_t* const pgd = pgd_offset(address);
        return pgd_none(*pgd) ? nullptr : pmd_offset(pgd, address);
    }

    // ---- looking ------------------------------------------------------------------
    // The entry that decides over an address: the last one on the way down.
    struct found {
        unsigned level;
        entry raw;  // 0: nothing is mapped

        bool has_frame() const { return F::has_frame(raw) && F::is_leaf(raw, level); }
        u64 frame_of(u32 address) const {
            const u32 inside = address & ((1u << F::shift(level)) - 1) & PAGE_MASK;
            return F::address(raw, level) + inside;
        }
    };
    found find(u32 address) const {
        const pgd_t* const pgd = pgd_offset(address);
        if (pgd_none(*pgd)) return {F::levels - 1, pgd->raw};
        const pmd_t pmd = *pmd_of_address(address);
        if (pmd.none() || pmd.large()) return {1, pmd.raw};
        pte_t* const pte = pte_offset_map(pmd, address);
        const found answer{0, pte->raw};
        pte_unmap(pte);
        return answer;
    }

    // visit(pte, address) for each slot of the range that has a table. No large pages.
    template <class Visit>
    void for_each_pte(u32 address, u32 pages, Visit visit) const {
        for_each_pmd(address, pages, [&](pmd_t* pmd, u32 start, u32 piece) {
            if (!pmd || pmd->none()) return;
            kassert(!pmd->large(), "a large page is at {:#x}, not a table", start);
            pte_t* const first = pte_offset_map(*pmd, start);
            for (u32 i = 0; i < piece; ++i) visit(&first[i], start + (i << PAGE_SHIFT));
            pte_unmap(first);
        });
    }

    // visit(address, pages, level, raw) for each entry that is not none, in order, large
    // pages as one (of the part that is in the range).
    template <class Visit>
    void for_each_leaf(u32 address, u32 pages, Visit visit) const {
        for_each_pmd(address, pages, [&](pmd_t* pmd, u32 start, u32 piece) {
            if (!pmd || pmd->none()) return;
            if (pmd->large()) return visit(start, piece, 1u, pmd->raw);
            for_each_pte(start, piece, [&](pte_t* pte, u32 at) {
                if (!pte->none()) visit(at, 1u, 0u, pte->raw);
            });
        });
    }

    // ---- making -------------------------------------------------------------------
    // Every table that the range needs is there. False: no memory; nothing has changed.
    [[nodiscard]] bool populate(u32 address, u32 pages) {
        const unsigned missing = this->missing(address, pages);
        if (missing == 0) return true;
        if (!memory_.reserve(missing)) return false;
        install_directories(address, pages);
        install_tables(address, pages);
        memory_.release();
        return true;
    }

    // How many tables that would take.
    unsigned missing(u32 address, u32 pages) const {
        return missing_directories(address, pages) + missing_tables(address, pages);
    }

    // Maps frames that lie side by side, by large pages where they fit, are allowed and
    // no table stands yet. False: no memory for tables; nothing is mapped.
    [[nodiscard]] bool map(u32 address, u64 frame, u32 pages, page_rights rights,
                           bool large_pages) {
        const parts parts = divide(address, frame, pages, large_pages);
        const unsigned missing = missing_directories(address, pages) +
                                 missing_tables(address, parts.before) +
                                 missing_tables(parts.after_at, parts.after);
        if (missing > 0 && !memory_.reserve(missing)) return false;
        install_directories(address, pages);
        install_tables(address, parts.before);
        install_tables(parts.after_at, parts.after);
        if (missing > 0) memory_.release();

        const auto fill = [&](pte_t* pte, u32 at) {
            set(*pte, F::leaf(frame + (at - address), rights, 0), at);
        };
        for_each_pte(address, parts.before, fill);
        for_each_pmd(parts.large_at, parts.large, [&](pmd_t* pmd, u32 at, u32 piece) {
            if (!pmd->none() && !pmd->large()) return for_each_pte(at, piece, fill);
            set(*pmd, F::leaf(frame + (at - address), rights, 1), at);
            pmd_changed(at);
        });
        for_each_pte(parts.after_at, parts.after, fill);
        return true;
    }

    // Makes an absent entry one that is there (I1).
    template <unsigned Level>
    static void set(table_entry<F, Level>& slot, entry raw, u32 address) {
        kassert(slot.none(), "{:#x} is mapped already: {:#x}", address, u64{slot.raw});
        F::fill(slot.raw, raw);
    }

    // ---- changing -----------------------------------------------------------------
    // Takes every entry of the range out and shows it: visit(address, pages, level, raw).
    // False: no memory to split a large page; nothing is unmapped.
    template <class Visit>
    [[nodiscard]] bool unmap(u32 address, u32 pages, Visit visit) {
        if (!split_ends(address, pages)) return false;
        for_each_pmd(address, pages, [&](pmd_t* pmd, u32 start, u32 piece) {
            if (!pmd || pmd->none()) return;
            if (!pmd->large())
                return for_each_pte(start, piece, [&](pte_t* pte, u32 at) {
                    if (!pte->none()) visit(at, 1u, 0u, F::exchange(pte->raw, 0));
                });
            const entry before = F::exchange(pmd->raw, 0);
            pmd_changed(start);
            visit(start, piece, 1u, before);
        });
        return true;
    }

    // Gives every frame that is mapped in the range these rights; the CPU's marks stay, and
    // so does what the mapping is: uncached, special. False as with unmap().
    [[nodiscard]] bool protect(u32 address, u32 pages, page_rights rights) {
        if (!split_ends(address, pages)) return false;
        for_each_pmd(address, pages, [&](pmd_t* pmd, u32 start, u32 piece) {
            if (!pmd || pmd->none()) return;
            if (!pmd->large())
                return for_each_pte(start, piece, [&](pte_t* pte, u32) {
                    if (F::has_frame(pte->raw)) change_rights(*pte, rights);
                });
            change_rights(*pmd, rights);
            pmd_changed(start);
        });
        return true;
    }

    // Takes out the tables that lie wholly in a range where nothing is mapped any more:
    // visit(table, level of its entries). The caller knows that it is so; dear checks look.
    template <class Visit>
    void free_tables(u32 address, u32 pages, Visit visit) {
        for_each_pmd(address, pages, [&](pmd_t* pmd, u32 start, u32 piece) {
            if (!pmd || pmd->none() || piece < pages_per_pmd) return;
            kassert(!pmd->large(), "a large page is still mapped at {:#x}", start);
            if constexpr (dear_checks) check_nothing_mapped(start);
            const entry before = F::exchange(pmd->raw, 0);
            pmd_changed(start);
            visit(F::address(before, 1), 0u);
        });
        if constexpr (!pmd_folded)
            for_each_span(F::shift(2), address, pages, [&](u32 start, u32 piece) {
                pgd_t* const pgd = pgd_offset(start);
                if (pgd->none() || piece < pages_per_pgd) return;
                const entry before = F::exchange(pgd->raw, 0);
                memory_.top_changed(entry_index<F>(start, 2));
                visit(F::address(before, 2), 1u);
            });
    }

private:
    // Where the pmd is folded, what changed is a top entry. Said before anybody is told
    // that a frame or a table is free: elsewhere, the old entry may stand until then.
    void pmd_changed(u32 address) {
        if constexpr (pmd_folded) memory_.top_changed(entry_index<F>(address, 1));
    }

    static constexpr u32 pages_per_pgd = 1u << (F::shift(F::levels - 1) - PAGE_SHIFT);

    // visit(address, pages) for each piece of the range that lies in one span of 2^shift.
    template <class Visit>
    static void for_each_span(unsigned shift, u32 address, u32 pages, Visit visit) {
        const u32 span = 1u << (shift - PAGE_SHIFT);
        while (pages > 0) {
            const u32 piece = min_of(pages, span - (address >> PAGE_SHIFT & (span - 1)));
            visit(address, piece);
            address += piece << PAGE_SHIFT;
            pages -= piece;
        }
    }
    // visit(pmd, address, pages); pmd is null where there is no directory.
    template <class Visit>
    void for_each_pmd(u32 address, u32 pages, Visit visit) const {
        for_each_span(F::shift(1), address, pages, [&](u32 start, u32 piece) {
            visit(pmd_of_address(start), start, piece);
        });
    }

    // ---- tables that are missing -----------------------------------------------------
    unsigned missing_directories(u32 address, u32 pages) const {
        unsigned missing = 0;
        if constexpr (!pmd_folded)
            for_each_span(F::shift(2), address, pages,
                          [&](u32 start, u32) { missing += pgd_offset(start)->none(); });
        return missing;
    }
    unsigned missing_tables(u32 address, u32 pages) const {
        unsigned missing = 0;
        for_each_pmd(address, pages,
                     [&](pmd_t* pmd, u32, u32) { missing += !pmd || pmd->none(); });
        return missing;
    }
    void install_directories(u32 address, u32 pages) {
        if constexpr (!pmd_folded)
            for_each_span(F::shift(2), address, pages, [&](u32 start, u32) {
                pgd_t* const pgd = pgd_offset(start);
                if (!pgd->none()) return;
                F::store(pgd->raw, F::table(memory_.take(), 2));
                memory_.top_changed(entry_index<F>(start, 2));
            });
    }
    void install_tables(u32 address, u32 pages) {
        for_each_pmd(address, pages, [&](pmd_t* pmd, u32 start, u32) {
            if (!pmd->none()) return;
            F::store(pmd->raw, F::table(memory_.take(), 1));
            pmd_changed(start);
        });
    }

    // ---- large pages -----------------------------------------------------------------
    // A range of frames as pages, large pages and pages; counts are in pages.
    struct parts {
        u32 before, large_at, large, after_at, after;
    };
    static parts divide(u32 address, u64 frame, u32 pages, bool large_pages) {
        const u32 mask = pages_per_pmd - 1;
        const u32 first = address >> PAGE_SHIFT;
        const u32 before = -first & mask;
        if (!large_pages ||
            (first & mask) != (static_cast<u32>(frame >> PAGE_SHIFT) & mask) ||
            pages < before + pages_per_pmd)
            return {pages, address, 0, address, 0};
        const u32 large = (pages - before) & ~mask;
        return {before, address + (before << PAGE_SHIFT), large,
                address + ((before + large) << PAGE_SHIFT), pages - before - large};
    }

    // A range that begins or ends inside a large page wants that page in small ones.
    bool split_ends(u32 address, u32 pages) {
        if (pages == 0) return true;
        const u32 end = address + (pages << PAGE_SHIFT);  // 0 is the end of all addresses
        const bool first = is_inside_large_page(address);
        const bool last = is_inside_large_page(end) &&
                          !(first && address >> F::shift(1) == end >> F::shift(1));
        if (!first && !last) return true;
        if (!memory_.reserve(first + last)) return false;
        if (first) split(address);
        if (last) split(end);
        memory_.release();
        return true;
    }
    bool is_inside_large_page(u32 address) const {
        if (is_aligned(address, 1u << F::shift(1))) return false;
        const pmd_t* const pmd = pmd_of_address(address);
        return pmd && pmd->large();
    }
    // At one stroke: the code that does it, or its stack, may lie in that very page. Once
    // more if a CPU marked the page meanwhile.
    void split(u32 address) {
        pmd_t* const pmd = pmd_of_address(address);
        const u64 table = memory_.take();
        entry large;
        do {
            large = pmd->raw;
            fill_alike(table, large);
        } while (!F::replace(pmd->raw, large, F::table(table, 1)));
        pmd_changed(address);
    }
    // The small pages of a large one.
    void fill_alike(u64 table, entry large) {
        pte_t* const pte = static_cast<pte_t*>(memory_.map_table(table));
        for (u32 i = 0; i < pages_per_pmd; ++i)
            pte[i].raw = F::with_marks(
                F::leaf(F::address(large, 1) + (u64{i} << PAGE_SHIFT), F::rights(large), 0),
                F::accessed(large), F::dirty(large));
        memory_.unmap_table(pte);
    }

    template <unsigned Level>
    static void change_rights(table_entry<F, Level>& slot, page_rights rights) {
        const page_rights before = F::rights(slot.raw);
        rights.uncached = before.uncached;
        rights.special = before.special;
        F::change(slot.raw, F::leaf(F::address(slot.raw, Level), rights, Level));
    }
    void check_nothing_mapped(u32 address) const {
        for_each_pte(
            address & ~((1u << F::shift(1)) - 1), pages_per_pmd, [](pte_t* pte, u32 at) {
                kassert(pte->none(), "{:#x} is still mapped: {:#x}", at, u64{pte->raw});
            });
    }

    pgd_t* top_;
    M& memory_;
};
