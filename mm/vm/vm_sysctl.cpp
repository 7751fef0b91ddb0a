// /proc/sys/vm: what programs are promised (accounting.hpp).
#include "lib/proc_file.hpp"
#include "mm/vm/accounting.hpp"

REGISTER(proc_file, overcommit_memory_file) = {
    .path = "sys/vm/overcommit_memory",
    .mode = 0644,
    .show = [](text_sink& out) { show_number(out, overcommit.overcommit_memory); },
    .store =
        [](std::string_view text) {
            u32 policy = 0;
            const result<> set = store_number(text, OVERCOMMIT_GUESS, OVERCOMMIT_NEVER, policy);
            if (set) overcommit.overcommit_memory = static_cast<overcommit_policy>(policy);
            return set;
        }};
REGISTER(proc_file, overcommit_ratio_file) = {
    .path = "sys/vm/overcommit_ratio",
    .mode = 0644,
    .show = [](text_sink& out) { show_number(out, overcommit.overcommit_ratio); },
    .store =
        [](std::string_view text) {
            u32 ratio = 0;
            const result<> set = store_number(text, 0, 10000, ratio);
            if (set) overcommit.overcommit_ratio = ratio;
            return set;
        }};
REGISTER(proc_file, max_map_count_file) = {
    .path = "sys/vm/max_map_count",
    .mode = 0644,
    .show = [](text_sink& out) { show_number(out, sysctl_max_map_count); },
    .store =
        [](std::string_view text) {
            return store_number(text, 0, ~u32{0} >> 1, sysctl_max_map_count);
        }};
