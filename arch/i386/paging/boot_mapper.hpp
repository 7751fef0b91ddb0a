// Adds mappings to page tables, for boot. Tables come from the caller; nothing is
// ever taken away again: mm/map does that, when it gives the parts their rights.
//
// I1: an entry that is present is never overwritten; map() refuses instead.
// I2: large pages are used where both addresses are aligned, the rest is long
//     enough and the caller allows them; 4 KiB tables elsewhere.
#pragma once

#include "arch/i386/paging/format.hpp"

#include <optional>

// Whether all of [address, address + bytes) can stand in a page-table entry. Bits
// beyond are reserved ones, or mean something else (63: no execution).
constexpr bool is_addressable(u64 address, u64 bytes, unsigned phys_bits) {
    const u64 end = u64{1} << phys_bits;
    return bytes > 0 && address < end && bytes <= end - address;
}

template <class T>
concept table_source = requires(T tables, u64 address) {
    // A zeroed page for a table: its physical address, or nothing.
    { tables.new_table() } -> std::same_as<std::optional<u64>>;
    // Where that page is to be written at.
    { tables.at(address) } -> std::same_as<void*>;
};

template <page_table_format F, table_source Tables>
class boot_mapper {
public:
    using entry = typename F::entry;

    boot_mapper(entry* top, Tables& tables, bool large_pages)
        : top_(top), tables_(tables), large_pages_(large_pages) {}

    // Maps [address, address + bytes) to `frame` and on; all are multiples of
    // 4 KiB. False: no page for a table was left, or something is mapped there
    // already; what was mapped up to then stays.
    [[nodiscard]] bool map(u32 address, u64 frame, u64 bytes, page_rights rights) {
        while (bytes > 0) {
            const unsigned level = fits_large(address, frame, bytes) ? 1 : 0;
            entry* const slot = find_slot(address, level);
            if (!slot || F::present(*slot)) return false;
            F::store(*slot, F::leaf(frame, rights, level));
            const u32 step = 1u << F::shift(level);
            address += step;
            frame += step;
            bytes -= step;
        }
        return true;
    }

    // The level-0 entry of an address, its tables made if need be.
    entry* find_slot(u32 address) { return find_slot(address, 0); }

private:
    bool fits_large(u32 address, u64 frame, u64 bytes) const {
        const u32 size = 1u << F::shift(1);
        return large_pages_ && is_aligned(address, size) && is_aligned(frame, size) &&
               bytes >= size;
    }

    entry* find_slot(u32 address, unsigned wanted_level) {
        entry* table = top_;
        for (unsigned level = F::levels - 1;; --level) {
            entry* const slot = &table[entry_index<F>(address, level)];
            if (level == wanted_level) return slot;
            if (!F::present(*slot)) {
                const std::optional<u64> page = tables_.new_table();
                if (!page) return nullptr;
                F::store(*slot, F::table(*page, level));
            } else if (F::is_leaf(*slot, level)) {
                return nullptr;
            }
            table = static_cast<entry*>(tables_.at(F::address(*slot, level)));
        }
    }

    entry* top_;
    Tables& tables_;
    bool large_pages_;
};
