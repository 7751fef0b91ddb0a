// What `x` and `w` are told, understood: pure, so that a host test can ask.
//
//     x 0xc0100000          x p:0xb8000 80 h          w 0xc0200000 0xff b
//
// An address is virtual, or physical behind "p:" and then looked at through the
// linear map.
#pragma once

#include "lib/address.hpp"
#include "lib/command.hpp"

#include <optional>

struct memory_place {
    u64 address;
    bool physical;
};

// Numbers as the kernel command line has them: 0x for hexadecimal.
std::optional<memory_place> parse_memory_place(std::string_view word);

// Bytes of a unit: b 1, h 2, w 4.
std::optional<u32> parse_unit(std::string_view word);

// What may be looked at from a place on: to the last address, and by way of the linear
// map no further than it goes. Behind its end lie mappings of other things.
struct memory_window {
    u64 address;  // virtual, below 4 GiB
    u64 end;      // the first one that is out of reach

    // How many of `units` units, each so many bytes, lie in it.
    u32 units(u32 unit_bytes, u64 units) const;
};

// Nothing where the place itself is out of reach. `linear_end` is physical.
std::optional<memory_window> window_from(memory_place place, u64 page_offset,
                                         u64 linear_end);

// One line of a dump: 16 bytes, of which some could not be read.
struct dump_line {
    static constexpr u32 bytes_per_line = 16;

    u32 address = 0;
    u32 unit_bytes = 1;
    u32 length = 0;  // bytes, a multiple of unit_bytes
    u8 bytes[bytes_per_line] = {};

    //  c0100000: 55 89 e5 53  83 ec 14 e8  ...   U..S....
    void write(text_sink& out) const;
};
