// The memory map: what the firmware said, made fit to be believed.
//
// The raw map is a list of (base, length, type) in any order, with overlaps,
// holes, odd ends and sometimes nonsense. Each page is judged by all the bytes
// in it, and each byte by all the entries that cover it; the most restrictive
// word wins:
//
//     raw       usable |-----------------------------|        |------------|
//               NVS                |---|                    |----|
//     pages     :     :     :     :     :     :     :     :     :     :     :
//     resolved     -  |  usable   |    NVS    |use-|   -  |   NVS     | us |
//                                              able                   able
//
// So usable ranges shrink to whole pages and all others grow to whole pages. It
// does not matter in which order the entries come, or how often.
//
// The resolved map is then a ledger of claims: `reserve` and `take` turn usable
// pages into pages of the kernel, of a module, and so on, until the frames are
// handed to the page allocator. A claim only touches RAM; it never makes memory
// out of a hole.
//
// I1  Ranges are sorted, not empty, and do not overlap.
// I2  Ranges start and end at page boundaries.
// I3  Ranges that touch differ in kind.
// I4  Page 0 (the real-mode vectors and BIOS data) and the BIOS area, 0xA0000 to
//     0xFFFFF, are never usable, whatever the map says.
// I5  Usable ranges end at or below `mem_limit` and 2^phys_bits.
// I6  No range reaches the last page of the 64-bit space: its end could not be
//     written down. That page is never usable.
//
// How many ranges can there be? Each range begins at a boundary of some claim
// and the last one ends at one, so c ranges need c + 1 different boundaries. A
// claim has two, so k claims make at most 2k - 1 ranges. That fixes `capacity`.
// Should more claims come than it was made for, the smallest usable range is
// given up and noted: RAM may get lost that way, protection never.
//
// Left out on purpose: NUMA, hot-plugged memory, and memory that EFI would give
// back after its boot services ended (GRUB has taken care of those).
#pragma once

#include "lib/address.hpp"
#include "lib/boot_info.hpp"
#include "lib/format.hpp"

#include <optional>
#include <span>

// In the order of restriction: where two claims meet, the later one wins.
enum class memory_kind : u8 {
    usable,
    module,            // a boot module: RAM again once it is unpacked
    boot,              // taken while booting and kept: page tables, mem_map
    kernel,            // the kernel image
    framebuffer,       // RAM that the display shows
    acpi_reclaimable,  // ACPI tables
    acpi_nvs,
    unusable,  // found defective
    reserved,  // and all types we do not know
};
inline constexpr size_t memory_kinds = 9;

const char* memory_kind_name(memory_kind kind);

// RAM that is, or one day will be, the page allocator's to count.
constexpr bool is_ram(memory_kind kind) { return kind <= memory_kind::kernel; }

struct memory_range {
    u64 start;
    u64 end;  // exclusive
    memory_kind kind;

    u64 size() const { return end - start; }
    bool operator==(const memory_range&) const = default;
};

// "[mem 0x0000000000100000-0x0000000003fdffff] usable"
void format_value(text_sink& out, const format_spec& spec, const memory_range& range);

// What was dropped or mended.
enum class map_note : u8 {
    empty_entry,
    wrapping_entry,
    overlap,
    unknown_type,
    bios_area,
    above_limit,
    above_phys_bits,
    no_room,
};
inline constexpr size_t map_notes = 8;

struct map_tally {
    u32 count = 0;  // entries or ranges
    u64 bytes = 0;  // where bytes of RAM were lost by it
};

struct memory_map_options {
    u64 mem_limit = ~u64{0};  // `mem=SIZE`: no RAM at or above this address
    unsigned phys_bits = 64;  // width of the addresses the CPU can put on the bus
};

class memory_map {
public:
    static constexpr size_t fixed_claims = 2;  // I4
    static constexpr size_t later_claims = 32;  // kernel, modules, framebuffer, boot
    static constexpr size_t capacity =
        2 * (boot_info::max_e820 + fixed_claims + later_claims) - 1;
    static_assert(later_claims >= 1 + boot_info::max_modules + 1,
                  "the kernel, each module and the framebuffer have a place of their own");

    static constexpr u64 bios_area_start = 0xA0000;
    static constexpr u64 bios_area_end = 0x100000;
    static constexpr u64 address_end = ~u64{PAGE_SIZE - 1};  // I6

    // 7 KiB: make it static. Empty until build().
    constexpr memory_map() = default;
    memory_map(const memory_map&) = delete;
    memory_map& operator=(const memory_map&) = delete;

    // Starts afresh from a raw map of any size and content.
    void build(std::span<const e820_entry> raw, const memory_map_options& options);

    // [start, end), grown to whole pages, is `kind` from now on, wherever it is RAM
    // or otherwise of a less restrictive kind. Holes stay holes. A range that is
    // empty or ends before it starts claims nothing.
    void reserve(u64 start, u64 end, memory_kind kind);

    // Makes the highest usable place of `size` bytes, aligned (a power of two, at
    // least a page) and wholly below `below`, `kind`. The size is rounded up to pages.
    std::optional<u64> take(u64 size, u64 align, u64 below, memory_kind kind);

    std::span<const memory_range> ranges() const { return {ranges_, count_}; }
    // Nothing in a hole.
    std::optional<memory_kind> kind_at(u64 address) const;
    u64 usable_bytes() const;
    u64 ram_bytes() const;           // usable or claimed
    u64 highest_usable_end() const;  // 0 when nothing is usable
    u64 highest_ram_end() const;     // what mem_map must span

    const map_tally& tally(map_note note) const { return notes_[size_t(note)]; }
    bool has_notes() const;

    void check_invariants() const;

private:
    void note(map_note note, u64 bytes = 0);
    void note_raw_entries(std::span<const e820_entry> raw);
    void add_entries(std::span<const e820_entry> raw, memory_kind kind);
    void round_usable_inwards();
    void cut_usable_above(u64 limit, map_note reason);

    bool make_room();
    size_t split_at(u64 address);
    void insert(size_t index, const memory_range& range);
    void erase(size_t first, size_t last);
    void join_neighbours();
    void overwrite(u64 start, u64 end, memory_kind kind);
    u64 usable_bytes_in(u64 start, u64 end) const;

    memory_range ranges_[capacity] = {};
    size_t count_ = 0;
    u64 limit_ = 0;  // I5
    map_tally notes_[map_notes] = {};
};

// The machine's own; boot/ makes it.
memory_map& the_memory_map();

// One line each, at most 80 columns: the raw map ("BIOS-e820: [mem ...] usable"),
// the resolved one with its sum, and what was dropped or mended.
void print_e820(text_sink& out, std::span<const e820_entry> raw);
void print_memory_map(text_sink& out, const memory_map& map);
void print_map_notes(text_sink& out, const memory_map& map);

// The same three into the kernel log.
void log_memory_map(std::span<const e820_entry> raw, const memory_map& map);
