// Demonstrations: what a subsystem does, performed on something of its own and told
// step by step. The monitor's `demo NAME` runs one.
//
//     REGISTER(demonstration, buddy_demonstration) = {
//         .name = "buddy", .help = "blocks are split and merged",
//         .run = [](text_sink& out) { ...; return 0; },
//     };
//
// It leaves everything as it was, whatever happens, and returns 0 or an errno; what
// it lacked it says itself.
#pragma once

#include "lib/format.hpp"
#include "lib/registry.hpp"

struct demonstration {
    const char* name;
    const char* help;  // one line: what one sees
    int (*run)(text_sink& out);
};
DECLARE_REGISTRY(demonstration);
