// Sizes as people read them: format_to(out, "{:>9} free", byte_size{n}).
//
//     512 B    4 KiB    2.9 MiB    64 GiB    1.0 KiB (1025 bytes: near 1 KiB, not it)
//
// The largest unit of which there is at least one; one decimal, rounded, unless it is
// a whole number of them. A decimal that rounds up to 1024.0 moves on to 1.0 of the
// next unit. Right-aligned by default, as numbers are.
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

struct byte_size {
    u64 bytes;
};

void format_value(text_sink& out, const format_spec& spec, byte_size size);
