// /proc/sys/vm/drop_caches: what is only kept because it might be wanted again goes. The pages
// of files in memory are the files themselves, so 1 has nothing to take; 2 takes names.
#include "fs/vfs/dentry.hpp"
#include "lib/proc_file.hpp"

REGISTER(proc_file, drop_caches_file) = {
    .path = "sys/vm/drop_caches",
    .mode = 0200,
    .store = [](std::string_view text) {
        u32 what = 0;
        const result<> set = store_number(text, 1, 4, what);
        if (set && what & 2) prune_dcache(~u32{0});
        return set;
    }};
