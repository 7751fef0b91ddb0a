// mremap: entries go to other addresses, frames stay where they are.
//
//     from  | a b . c |                     where both ends lie alike in their tables, a
//     to    | . . . . | -> | a b . c |      whole table changes its place at one stroke
//
// The old addresses are flushed before the lock is given back: from then on a truncation may
// find the pages at their new addresses, flush these, and free the frames.
#include "arch/i386/tlb.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/user_tables.hpp"

namespace {

using F = kernel_format;

// Both ends begin and end their spans, and the target's is empty.
bool may_move_table(const mm_struct& mm, u32 from, u32 to, u32 bytes) {
    if (bytes < PMD_SIZE || !is_aligned(from | to, PMD_SIZE)) return false;
    const pmd_t* const there = pmd_at(mm, to);
    return there && there->none();
}

void move_table(mm_struct& mm, pmd_t& from, u32 address, pmd_t& to) {
    const lock_guard held(mm.page_table_lock);
    F::fill(to.raw, F::exchange(from.raw, 0));
    flush_tlb_space_range(&mm, address, PMD_SIZE >> PAGE_SHIFT, freed_tables::of_pages);
}

// Within one table at each end, which may be the same one. Two are mapped at once, the
// lock is taken once.
void move_entries(mm_struct& mm, pmd_t from_pmd, u32 from, pmd_t to_pmd, u32 to, u32 bytes) {
    const locked_table source(mm, from_pmd, from);
    const mapped_table target(to_pmd, to);
    pte_t* old = source.first();
    pte_t* fresh = target.first();
    for (u32 i = 0; i < bytes >> PAGE_SHIFT; ++i, ++old, ++fresh)
        if (!old->none())
            user_page_table::set(*fresh, F::exchange(old->raw, 0), to + (i << PAGE_SHIFT));
    flush_tlb_space_range(&mm, from, bytes >> PAGE_SHIFT, freed_tables::none);
}

// How far both addresses stay in the tables that they are in.
u32 piece_of(u32 from, u32 to, u32 bytes) {
    const u32 left_from = PMD_SIZE - (from & (PMD_SIZE - 1));
    const u32 left_to = PMD_SIZE - (to & (PMD_SIZE - 1));
    return min_of(bytes, min_of(left_from, left_to));
}

}  // namespace

u32 move_page_tables(vm_area_struct& from_area, u32 from, vm_area_struct&, u32 to, u32 bytes) {
    mm_struct& mm = *from_area.vm_mm;
    u32 done = 0;
    while (done < bytes) {
        const u32 piece = piece_of(from + done, to + done, bytes - done);
        pmd_t* const old = pmd_at(mm, from + done);
        if (old && !old->none()) {
            if (may_move_table(mm, from + done, to + done, piece)) {
                move_table(mm, *old, from + done, *pmd_at(mm, to + done));
            } else {
                pmd_t* const fresh = pte_alloc(mm, to + done);
                if (!fresh) break;
                move_entries(mm, *old, from + done, *fresh, to + done, piece);
            }
        }
        done += piece;
    }
    return done;
}
