#include "fs/proc/proc_probe.hpp"

#include "fs/proc/proc_inode.hpp"

namespace {

// A long text whose every place is known, and a number that can be changed.
void show_blocks(text_sink& out) {
    ++proc_probe_shown;
    for (u32 i = 0; i < 700; ++i) format_to(out, "{:07}\n", i);
}

// No file of Loci's is called so, and Linux's neither.
REGISTER(proc_file, test_blocks_file) = {.path = "loci-test/deep/blocks", .show = show_blocks};
REGISTER(proc_file, test_number_file) = {
    .path = "loci-test/number",
    .mode = 0600,
    .show = [](text_sink& out) { show_number(out, proc_probe_number); },
    .store =
        [](std::string_view text) { return store_number(text, 1, 9, proc_probe_number); }};

}  // namespace
