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

    static constexpr entry leaf(u64 address, page_rights rights, unsigned level) {
        return static_cast<entry>(address) | PRESENT | (rights.write ? WRITE : 0) |
               (rights.user ? USER : 0) | (rights.global ? GLOBAL : 0) |
               (rights.uncached ? UNCACHED : 0) | (level == 1 ? LARGE : 0);
    }
    // Rights of a table are the widest; its leaves narrow them.
    static constexpr entry table(u64 address, unsigned) {
        return static_cast<entry>(address) | PRESENT | WRITE | USER;
    }
    static constexpr bool present(entry e) { return e & PRESENT; }
    static constexpr bool is_leaf(entry e, unsigned level) {
        return level == 0 || (e & LARGE);
    }
    static constexpr u64 address(entry e, unsigned level) {
        return level == 1 && (e & LARGE) ? e & 0xffc00000 : e & 0xfffff000;
    }
    static void store(entry& slot, entry value) { *const_cast<volatile entry*>(&slot) = value; }

private:
    static constexpr entry PRESENT = 1, WRITE = 2, USER = 4, UNCACHED = 0x10, LARGE = 0x80,
                           GLOBAL = 0x100;
};
static_assert(page_table_format<two_level>);
