// Files of /proc that tell of the machine as a whole, registered by whoever knows:
//
//     REGISTER(proc_file, meminfo_file) = {
//         .path = "meminfo", .show = [](text_sink& out) { print_meminfo(out, ...); }};
//     REGISTER(proc_file, overcommit_file) = {
//         .path = "sys/vm/overcommit_memory", .mode = 0644, .show = ..., .store = ...};
//
// Folders are made of the paths. `show` writes all of the text, and may sleep; no spinlock is
// held meanwhile, nor may be by it when it writes: the sink allocates. `store` gets what was
// written with one write(), without the newline behind it, and says an errno.
#pragma once

#include "lib/format.hpp"
#include "lib/parse.hpp"
#include "lib/registry.hpp"
#include "lib/result.hpp"

#include <string_view>

struct proc_file {
    const char* path;
    u32 mode = 0444;
    void (*show)(text_sink& out) = nullptr;
    result<> (*store)(std::string_view text) = nullptr;
};
DECLARE_REGISTRY(proc_file);

// For show and store of a number. EINVAL: it is none, or out of bounds.
inline void show_number(text_sink& out, u32 number) { format_to(out, "{}\n", number); }
inline result<> store_number(std::string_view text, u32 least, u32 most, u32& number) {
    const std::optional<u64> given = parse_number(text);
    if (!given || *given < least || *given > most) return err{EINVAL};
    number = static_cast<u32>(*given);
    return {};
}
