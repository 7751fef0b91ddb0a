// Page tables with Physical Address Extension: 64-bit entries, three levels of
// 4, 512 and 512 (Intel SDM vol. 3, 4.4). A level-1 leaf is a 2 MiB page and
// needs no CR4 bit of its own. What is odd here:
//
//   - the four top entries carry no rights: bits 1, 2 and 5-8 must be zero, or
//     loading CR3 faults;
//   - the CPU reads them when CR3 is loaded and keeps them, so a change of one
//     wants a CR3 load;
//   - an entry is stored as two halves: present is cleared before the high half
//     changes and set after it, so no half-new entry is ever live.
#pragma once

#include "arch/i386/paging/format.hpp"

struct pae {
    using entry = u64;
    static constexpr unsigned levels = 3;
    static constexpr unsigned shift(unsigned level) {
        return level == 0 ? 12 : level == 1 ? 21 : 30;
    }
    static constexpr unsigned entries(unsigned level) { return level == 2 ? 4 : 512; }

    static constexpr entry leaf(u64 address, page_rights rights, unsigned level) {
        return address | PRESENT | (rights.write ? WRITE : 0) | (rights.user ? USER : 0) |
               (rights.global ? GLOBAL : 0) | (rights.uncached ? UNCACHED : 0) |
               (rights.no_execute ? NO_EXECUTE : 0) | (level == 1 ? LARGE : 0);
    }
    // `level` is that of the entry, not of the table it points to.
    static constexpr entry table(u64 address, unsigned level) {
        return level == 2 ? address | PRESENT : address | PRESENT | WRITE | USER;
    }
    static constexpr bool present(entry e) { return e & PRESENT; }
    static constexpr bool is_leaf(entry e, unsigned level) {
        return level == 0 || (level == 1 && (e & LARGE));
    }
    static constexpr u64 address(entry e, unsigned level) {
        return e & (level == 1 && (e & LARGE) ? 0x000fffffffe00000 : 0x000ffffffffff000);
    }
    static void store(entry& slot, entry value) {
        volatile u32* const half = reinterpret_cast<volatile u32*>(&slot);
        half[0] = 0;
        half[1] = static_cast<u32>(value >> 32);
        half[0] = static_cast<u32>(value);
    }

private:
    static constexpr entry PRESENT = 1, WRITE = 2, USER = 4, UNCACHED = 0x10, LARGE = 0x80,
                           GLOBAL = 0x100, NO_EXECUTE = entry{1} << 63;
};
static_assert(page_table_format<pae>);
