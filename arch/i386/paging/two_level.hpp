// The 386's page tables: two levels of 1024 entries, 32 bits each (Intel SDM
// vol. 3, 4.3). A level-1 leaf is a 4 MiB page and needs CR4.PSE. Physical
// addresses have 32 bits, and there is no no-execute bit: the right is ignored.
#pragma once

#include "arch/i386/paging/format.hpp"

struct two_level {
    using entry = u32;
    static constexpr unsigned levels = 2;
    static constexpr unsigned shift(unsigned level) { return level == 0 ? 12 : 22; }
    static constexpr unsigned entries(unsigned) { return 1024; }
    static constexpr u32 max_swap_offset = (1u << 23) - 1;

    static constexpr entry leaf(u64 address, page_rights rights, unsigned level) {
        return static_cast<entry>(address) | entry_bits::of(rights) |
               (level == 1 ? entry_bits::large : 0);
    }
    // Rights of a table are the widest; its leaves narrow them.
    static constexpr entry table(u64 address, unsigned) {
        return static_cast<entry>(address) | entry_bits::present | entry_bits::write |
               entry_bits::user;
    }
    static constexpr entry swapped(swap_entry swap) {
        return entry_bits::of_swap(swap.type) | swap.offset << swap_shift;
    }

    static constexpr bool none(entry e) { return e == 0; }
    static constexpr bool present(entry e) { return e & entry_bits::present; }
    static constexpr bool has_frame(entry e) { return entry_bits::has_frame(e); }
    static constexpr bool is_swapped(entry e) { return entry_bits::is_swapped(e); }
    static constexpr bool is_leaf(entry e, unsigned level) {
        return level == 0 || (e & entry_bits::large);
    }
    static constexpr u64 address(entry e, unsigned level) {
        return level == 1 && is_leaf(e, 1) ? e & 0xffc00000 : e & 0xfffff000;
    }
    static constexpr u32 frame(entry e) { return e >> shift(0); }
    static constexpr page_rights rights(entry e) { return entry_bits::rights_in(e); }
    static constexpr swap_entry swap_of(entry e) {
        return {entry_bits::swap_type_in(e), e >> swap_shift};
    }
    static constexpr bool accessed(entry e) { return e & entry_bits::accessed; }
    static constexpr bool dirty(entry e) { return e & entry_bits::dirty; }
    static constexpr entry with_marks(entry e, bool accessed, bool dirty) {
        return (e & ~entry_bits::marks(true, true)) | entry_bits::marks(accessed, dirty);
    }
    static constexpr entry mkold(entry e) { return e & ~entry_bits::accessed; }

    static void store(entry& slot, entry value) { *const_cast<volatile entry*>(&slot) = value; }
    static void fill(entry& slot, entry value) { store(slot, value); }
    static void clear(entry& slot) { store(slot, 0); }
    static entry exchange(entry& slot, entry value) {
        return __atomic_exchange_n(&slot, value, __ATOMIC_RELAXED);
    }
    static bool test_and_clear_accessed(entry& slot) {
        return entry_bits::test_and_clear(&slot, entry_bits::accessed);
    }
    static void change(entry& slot, entry value) { entry_bits::change(&slot, value); }
    static bool replace(entry& slot, entry before, entry after) {
        return __sync_bool_compare_and_swap(&slot, before, after);
    }
    static void write_protect(entry& slot) {
        entry_bits::test_and_clear(&slot, entry_bits::write);
    }

private:
    static constexpr unsigned swap_shift = 9;
};
static_assert(page_table_format<two_level>);
