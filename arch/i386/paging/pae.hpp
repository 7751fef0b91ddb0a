// Page tables with Physical Address Extension: 64-bit entries, three levels of
// 4, 512 and 512 (Intel SDM vol. 3, 4.4). A level-1 leaf is a 2 MiB page and
// needs no CR4 bit of its own. What is odd here:
//
//   - the four top entries carry no rights: bits 1, 2 and 5-8 must be zero, or
//     loading CR3 faults;
//   - the CPU reads them when CR3 is loaded and keeps them, so a change of one
//     wants a CR3 load;
//   - an entry is stored as two halves: present is cleared before the high half
//     changes and set after it, so no half-new entry is ever live. What must not be
//     absent meanwhile is changed by one instruction (cmpxchg8b), which every CPU with
//     PAE has: else RW without execution would become RX by way of RWX.
#pragma once

#include "arch/i386/paging/format.hpp"

struct pae {
    using entry = u64;
    static constexpr unsigned levels = 3;
    static constexpr unsigned shift(unsigned level) {
        return level == 0 ? 12 : level == 1 ? 21 : 30;
    }
    static constexpr unsigned entries(unsigned level) { return level == 2 ? 4 : 512; }
    static constexpr u32 max_swap_offset = ~0u;

    static constexpr entry leaf(u64 address, page_rights rights, unsigned level) {
        return address | entry_bits::of(rights) | (rights.no_execute ? NO_EXECUTE : 0) |
               (level == 1 ? entry_bits::large : 0);
    }
    static constexpr entry table(u64 address, unsigned level) {
        return address | entry_bits::present |
               (level == 2 ? 0 : entry_bits::write | entry_bits::user);
    }
    static constexpr entry swapped(swap_entry swap) {
        return entry_bits::of_swap(swap.type) | entry{swap.offset} << 32;
    }

    // Whatever is not none has some of bits 0, 6 and 8.
    static constexpr bool none(entry e) { return low(e) == 0; }
    static constexpr bool present(entry e) { return e & entry_bits::present; }
    static constexpr bool has_frame(entry e) { return entry_bits::has_frame(low(e)); }
    static constexpr bool is_swapped(entry e) { return entry_bits::is_swapped(low(e)); }
    static constexpr bool is_leaf(entry e, unsigned level) {
        return level == 0 || (level == 1 && (e & entry_bits::large));
    }
    static constexpr u64 address(entry e, unsigned level) {
        return e & (level == 1 && is_leaf(e, 1) ? 0x000fffffffe00000 : 0x000ffffffffff000);
    }
    // What stands above the address, no-execute among it, is shifted out.
    static constexpr u32 frame(entry e) { return static_cast<u32>(e >> shift(0)); }
    static constexpr page_rights rights(entry e) {
        page_rights rights = entry_bits::rights_in(low(e));
        rights.no_execute = (e & NO_EXECUTE) != 0;
        return rights;
    }
    static constexpr swap_entry swap_of(entry e) {
        return {entry_bits::swap_type_in(low(e)), static_cast<u32>(e >> 32)};
    }
    static constexpr bool accessed(entry e) { return e & entry_bits::accessed; }
    static constexpr bool dirty(entry e) { return e & entry_bits::dirty; }
    static constexpr entry with_marks(entry e, bool accessed, bool dirty) {
        return (e & ~entry{entry_bits::marks(true, true)}) | entry_bits::marks(accessed, dirty);
    }
    static constexpr entry mkold(entry e) { return e & ~entry{entry_bits::accessed}; }

    static void store(entry& slot, entry value) {
        volatile half_entry* const half = halves(slot);
        half[0] = 0;
        half[1] = static_cast<u32>(value >> 32);
        half[0] = low(value);
    }
    static void fill(entry& slot, entry value) {
        volatile half_entry* const half = halves(slot);
        half[1] = static_cast<u32>(value >> 32);
        half[0] = low(value);
    }
    static void clear(entry& slot) {
        volatile half_entry* const half = halves(slot);
        half[0] = 0;
        half[1] = 0;
    }
    // With the low half gone no CPU marks it any more, and the high half stays still.
    static entry exchange(entry& slot, entry value) {
        volatile half_entry* const half = halves(slot);
        const u32 old = __atomic_exchange_n(halves(slot), 0, __ATOMIC_RELAXED);
        const entry before = entry{half[1]} << 32 | old;
        half[1] = static_cast<u32>(value >> 32);
        if (value != 0) half[0] = low(value);
        return before;
    }
    static bool test_and_clear_accessed(entry& slot) {
        return entry_bits::test_and_clear(halves(slot), entry_bits::accessed);
    }
    static void change(entry& slot, entry value) {
        constexpr entry marks = entry_bits::marks(true, true);
        entry before = slot;  // perhaps of two moments: it is not there then, below
        for (;;) {
            const entry wanted = (value & ~marks) | (before & marks);
            const entry seen = __sync_val_compare_and_swap(&slot, before, wanted);
            if (seen == before) return;
            before = seen;
        }
    }
    static bool replace(entry& slot, entry before, entry after) {
        return __sync_bool_compare_and_swap(&slot, before, after);
    }
    static void write_protect(entry& slot) {
        entry_bits::test_and_clear(halves(slot), entry_bits::write);
    }

private:
    static constexpr entry NO_EXECUTE = entry{1} << 63;

    using half_entry [[gnu::may_alias]] = u32;

    static constexpr u32 low(entry e) { return static_cast<u32>(e); }
    static half_entry* halves(entry& slot) { return reinterpret_cast<half_entry*>(&slot); }
};
static_assert(page_table_format<pae>);
