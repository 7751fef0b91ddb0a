// slub_debug= on the command line.
#include "lib/boot_param.hpp"
#include "lib/parse.hpp"
#include "mm/slab/slab_debug.hpp"

namespace {

constinit slab_debug_setting setting;

constexpr slab_flags_t all_flags = SLAB_DEBUG_FLAGS;

std::optional<slab_flags_t> flag_of(char letter) {
    switch (letter) {
        case 'f':
        case 'F': return SLAB_CONSISTENCY_CHECKS;
        case 'z':
        case 'Z': return SLAB_RED_ZONE;
        case 'p':
        case 'P': return SLAB_POISON;
        case 'u':
        case 'U': return SLAB_STORE_USER;
        case '-': return 0;
    }
    return {};
}

bool is_named(std::string_view names, std::string_view name) {
    while (!names.empty()) {
        const size_t comma = names.find(',');
        const std::string_view one = names.substr(0, comma);
        if (glob_match(one, name)) return true;
        names = comma == names.npos ? std::string_view() : names.substr(comma + 1);
    }
    return false;
}

}  // namespace

std::optional<slab_debug_setting> parse_slab_debug(std::string_view text) {
    slab_debug_setting parsed;
    const size_t comma = text.find(',');
    const std::string_view letters = text.substr(0, comma);
    if (comma != text.npos) {
        parsed.names = text.substr(comma + 1);
        if (parsed.names.empty()) return {};
    }
    if (letters.empty()) parsed.flags = all_flags;
    for (const char letter : letters) {
        const auto flag = flag_of(letter);
        if (!flag) return {};
        parsed.flags |= *flag;
    }
    return parsed;
}

slab_flags_t slab_debug_flags(const char* name, slab_flags_t flags) {
    if (flags & SLAB_NO_USER_FLAGS) return 0;
    if (setting.names.empty() || is_named(setting.names, name)) return setting.flags;
    return 0;
}

REGISTER(boot_param, slub_debug_param) = {
    .name = "slub_debug",
    .help = "FZPU[,CACHE...]: find misuse of memory from caches, all or those named",
    .set =
        [](std::string_view value) {
            const auto parsed = parse_slab_debug(value);
            if (parsed) setting = *parsed;
            return parsed.has_value();
        },
};

REGISTER(boot_param, failslab_param) = {
    .name = "failslab",
    .help = "INTERVAL,PROBABILITY,SPACE,TIMES: cache allocations that fail on purpose",
    .set = [](std::string_view value) { return failslab.set(value); },
};
