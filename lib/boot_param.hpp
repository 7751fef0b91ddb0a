// Words of the kernel command line, registered by whoever listens to them:
//
//     REGISTER(boot_param, loglevel_param) = {
//         .name = "loglevel", .help = "N: show log records below level N",
//         .set = [](std::string_view value) { ...; return true; },
//     };
//
// `set` gets what stands after the '=' (empty for a bare word) and returns false
// when it is malformed; the command line then warns once and the default stays.
// A word that nobody registered belongs to init, as in Linux.
#pragma once

#include "lib/registry.hpp"

#include <string_view>

struct boot_param {
    const char* name;
    const char* help;
    bool (*set)(std::string_view value);
};
DECLARE_REGISTRY(boot_param);
