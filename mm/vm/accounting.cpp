#include "mm/vm/accounting.hpp"

constinit overcommit_settings overcommit;
constinit atomic<u32> vm_committed{0};
constinit u32 sysctl_max_map_count = default_max_map_count;

// Linux's reserves: a 32nd of what is free, 8 and 128 MiB at most.
void accounting_init(u32 ram_pages) {
    overcommit.ram_pages = ram_pages;
    overcommit.admin_reserve_pages = min_of(ram_pages / 32, u32(8 * MiB >> PAGE_SHIFT));
    overcommit.user_reserve_pages = min_of(ram_pages / 32, u32(128 * MiB >> PAGE_SHIFT));
}

// The promise is made before the limit is looked at: of two who ask at once, both may be
// refused, but never both granted what is there once.
static bool is_within_limit(const mm_struct& mm) {
    const u32 reserve = overcommit.admin_reserve_pages +
                        min_of(mm.total_vm / 32, overcommit.user_reserve_pages);
    const u32 limit = overcommit.commit_limit();
    return limit > reserve && vm_committed.load(memory_order::relaxed) < limit - reserve;
}

bool vm_enough_memory(const mm_struct& mm, u32 pages) {
    vm_committed.fetch_add(pages, memory_order::relaxed);
    switch (overcommit.overcommit_memory) {
        case OVERCOMMIT_ALWAYS: return true;
        case OVERCOMMIT_GUESS:
            if (pages <= overcommit.ram_pages) return true;
            break;
        case OVERCOMMIT_NEVER:
            if (is_within_limit(mm)) return true;
            break;
    }
    vm_unacct_memory(pages);
    return false;
}
