// What a page-table format must offer. Two exist (two_level.hpp, pae.hpp), each a
// page of code that holds all that is odd about it; whoever walks or builds
// tables is a template over this concept and knows none of the oddities.
//
// Levels count from the bottom: level 0 entries map 4 KiB pages, the top level is
// what CR3 points to. A leaf may also stand at level 1 (a large page).
//
// An entry that the CPU finds not present still tells the kernel one of three things:
//
//     none          nothing is here: all bits zero
//     inaccessible  PROT_NONE: the frame and its rights stay, nobody may touch it
//     swapped       the page is on a swap device: which one, and where
#pragma once

#include "lib/types.hpp"

#include <concepts>
#include <type_traits>

// What a mapping allows, in a byte. Pages are present and readable; the rest is said.
struct page_rights {
    bool write : 1 = false;
    bool user : 1 = false;
    bool global : 1 = false;
    // PCD without PWT: "UC-", uncached unless an MTRR says write-combining, as it
    // does for frame buffers. With PWT too, the page tables would overrule it, and
    // drawing would crawl (Intel SDM vol. 3, 11.5.2.2 and the PAT's default entries).
    bool uncached : 1 = false;
    bool no_execute : 1 = false;
    bool inaccessible : 1 = false;  // PROT_NONE
    bool special : 1 = false;       // ours: not counted by a struct page (zero page, devices)

    constexpr bool operator==(const page_rights&) const = default;
};

// Where on which swap device a page is.
struct swap_entry {
    static constexpr unsigned types = 32;  // devices there can be

    u8 type = 0;
    u32 offset = 0;  // in pages

    constexpr bool operator==(const swap_entry&) const = default;
};

template <class F>
concept page_table_format = requires(typename F::entry e, typename F::entry& slot,
                                     u64 address, page_rights rights, swap_entry swap) {
    requires std::unsigned_integral<typename F::entry>;  // one entry of any level
    { F::levels } -> std::convertible_to<unsigned>;      // how many levels there are
    { F::shift(0u) } -> std::same_as<unsigned>;          // log2 of what an entry spans
    { F::entries(0u) } -> std::same_as<unsigned>;        // entries of a table
    { F::max_swap_offset } -> std::convertible_to<u32>;

    // Making an entry; `level` is that of the entry, not of the table it points to.
    { F::leaf(address, rights, 0u) } -> std::same_as<typename F::entry>;
    { F::table(address, 0u) } -> std::same_as<typename F::entry>;
    { F::swapped(swap) } -> std::same_as<typename F::entry>;

    // Reading one.
    { F::none(e) } -> std::same_as<bool>;                // nothing is here
    { F::present(e) } -> std::same_as<bool>;             // for the CPU
    { F::has_frame(e) } -> std::same_as<bool>;           // present, or inaccessible
    { F::is_swapped(e) } -> std::same_as<bool>;
    { F::is_leaf(e, 0u) } -> std::same_as<bool>;
    { F::address(e, 0u) } -> std::same_as<u64>;          // of the frame or the table
    { F::frame(e) } -> std::same_as<u32>;  // its number: of a small page, or of a table
    { F::rights(e) } -> std::same_as<page_rights>;       // of a leaf with a frame
    { F::swap_of(e) } -> std::same_as<swap_entry>;
    { F::accessed(e) } -> std::same_as<bool>;            // the CPU says so in a leaf
    { F::dirty(e) } -> std::same_as<bool>;
    { F::with_marks(e, true, true) } -> std::same_as<typename F::entry>;
    { F::mkold(e) } -> std::same_as<typename F::entry>;

    // Changing one in its table, where a CPU may be looking and marking.
    F::store(slot, e);                                   // never half an entry live
    F::fill(slot, e);                                    // ... where there was none
    F::clear(slot);                                      // ... and there is none any more
    { F::exchange(slot, e) } -> std::same_as<typename F::entry>;  // ... no mark lost
    { F::test_and_clear_accessed(slot) } -> std::same_as<bool>;
    F::change(slot, e);  // other rights for the same frame: never absent, no mark lost
    // The second in place of the first, at one stroke, if that is what is there.
    { F::replace(slot, e, e) } -> std::same_as<bool>;
    F::write_protect(slot);
};

template <page_table_format F>
constexpr unsigned entry_index(u32 address, unsigned level) {
    return (address >> F::shift(level)) & (F::entries(level) - 1);
}

// The low bits of an entry, the same in both formats (Intel SDM vol. 3, table 4-6 and
// 4-11). 9 to 11 are the system's own. Where bit 0 is clear the CPU looks at nothing
// else; bit 8 (global, where there is a page) then says PROT_NONE, and bit 6 swapped:
//
//     present       ...frame... | 11 10 S | G L D A  C T U W  1
//     inaccessible  ...frame... | 11 10 S | 1 . D A  C . U W  0
//     swapped       ...offset.. |         | 0 0 1 | type (5) | 0
namespace entry_bits {
inline constexpr u32 present = 1u << 0, write = 1u << 1, user = 1u << 2, uncached = 1u << 4,
                     accessed = 1u << 5, dirty = 1u << 6, large = 1u << 7, global = 1u << 8,
                     special = 1u << 9;
inline constexpr u32 inaccessible = global, swapped = dirty;
inline constexpr unsigned swap_type_shift = 1;

constexpr u32 make(page_rights rights) {
    const u32 bits = (rights.write ? write : 0) | (rights.user ? user : 0) |
                     (rights.uncached ? uncached : 0) | (rights.special ? special : 0);
    // A page that nobody may touch is in no TLB: it is never global.
    if (rights.inaccessible) return bits | inaccessible;
    return bits | present | (rights.global ? global : 0);
}

// The same of all rights there are: each fault makes an entry of rights that only the area
// knows, and to look is cheaper than to make. By the byte that page_rights is; its last
// bit says nothing.
struct all_rights {
    static constexpr unsigned count = 1u << 7;

    constexpr all_rights() {
        for (unsigned i = 0; i < count; ++i)
            bits[i] = static_cast<u16>(make({.write = (i & 1) != 0,
                                             .user = (i & 2) != 0,
                                             .global = (i & 4) != 0,
                                             .uncached = (i & 8) != 0,
                                             .no_execute = (i & 16) != 0,
                                             .inaccessible = (i & 32) != 0,
                                             .special = (i & 64) != 0}));
    }
    u16 bits[count] = {};
};
inline constexpr all_rights bits_of_rights;
static_assert(sizeof(page_rights) == 1);

// The part of a leaf that says rights; what the CPU may mark is not in it.
constexpr u32 of(page_rights rights) {
    if (std::is_constant_evaluated()) return make(rights);
    u8 which;
    __builtin_memcpy(&which, &rights, sizeof(which));
    return bits_of_rights.bits[which % all_rights::count];
}
constexpr page_rights rights_in(u32 low) {
    const bool there = low & present;
    return {.write = (low & write) != 0,
            .user = (low & user) != 0,
            .global = there && (low & global),
            .uncached = (low & uncached) != 0,
            .inaccessible = !there,
            .special = (low & special) != 0};
}
constexpr bool has_frame(u32 low) { return low & (present | inaccessible); }
constexpr bool is_swapped(u32 low) { return (low & (present | inaccessible | swapped)) == swapped; }
constexpr u32 of_swap(u8 type) { return swapped | u32{type} << swap_type_shift; }
constexpr u8 swap_type_in(u32 low) { return low >> swap_type_shift & (swap_entry::types - 1); }
constexpr u32 marks(bool is_accessed, bool is_dirty) {
    return (is_accessed ? accessed : 0) | (is_dirty ? dirty : 0);
}

// One locked instruction: another CPU may set a mark in the same word.
inline bool test_and_clear(u32* low, u32 bits) {
    return __atomic_fetch_and(low, ~bits, __ATOMIC_RELAXED) & bits;
}
// Another low word, but for the marks: they stay as the CPU has them at that moment.
inline void change(u32* low, u32 value) {
    u32 old = __atomic_load_n(low, __ATOMIC_RELAXED);
    u32 wanted;
    do {
        wanted = (value & ~marks(true, true)) | (old & marks(true, true));
    } while (!__atomic_compare_exchange_n(low, &old, wanted, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}
}  // namespace entry_bits
