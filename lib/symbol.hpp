// Addresses of code that print as what they are: "buddy_free+0x1c", or as a bare
// number where no function's name is known.
//
//     pr_warn("allocated by {}", code_address{caller});
//
// kernel/panic defines it over the symbol table of the image; on the host, which has
// none of that kind, the tests' support does.
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

struct code_address {
    uintptr_t address;
};
void format_value(text_sink& out, const format_spec& spec, const code_address& code);
