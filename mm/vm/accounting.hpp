// What programs were promised, and how much they may be.
//
// A private area that may be written can turn into as many pages of its own as it has
// addresses. Whether to promise that is a policy (Linux's vm.overcommit_memory):
//
//     OVERCOMMIT_GUESS    yes, unless this one wish is more than all of RAM
//     OVERCOMMIT_ALWAYS   yes
//     OVERCOMMIT_NEVER    while all promises together stay below the limit: overcommit_ratio
//                         per cent of RAM, less what root and the user keep to recover with
//
// vm_committed is the sum of what was promised: of the areas with VM_ACCOUNT, and of shared
// memory that is in no folder, whose file has the promise (unless MAP_NORESERVE).
//
// A space is limited besides: by RLIMIT_AS all of it, by RLIMIT_DATA what is private and
// may be written, by RLIMIT_MEMLOCK what is locked; and to sysctl_max_map_count areas.
#pragma once

#include "mm/vm/mm_types.hpp"

enum overcommit_policy : u8 { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

struct overcommit_settings {
    overcommit_policy overcommit_memory = OVERCOMMIT_GUESS;
    u32 overcommit_ratio = 50;         // per cent of RAM
    u32 overcommit_pages = 0;          // not 0: the limit itself
    u32 ram_pages = 0;                 // from here on: vm_init() says
    u32 admin_reserve_pages = 0;       // what root keeps
    u32 user_reserve_pages = 0;        // what a user keeps of what one space could take

    u32 commit_limit() const {
        return overcommit_pages ? overcommit_pages : ram_pages / 100 * overcommit_ratio;
    }
};
extern overcommit_settings overcommit;
extern atomic<u32> vm_committed;  // pages

inline constexpr u32 default_max_map_count = 65530;
extern u32 sysctl_max_map_count;

void accounting_init(u32 ram_pages);

// A promise of so many pages, or false.
[[nodiscard]] bool vm_enough_memory(const mm_struct& mm, u32 pages);
inline void vm_unacct_memory(u32 pages) {
    if (pages) vm_committed.fetch_sub(pages, memory_order::relaxed);
}

inline bool is_exec_mapping(u32 flags) {
    return (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC;
}
inline bool is_stack_mapping(u32 flags) { return flags & VM_GROWSDOWN; }
inline bool is_data_mapping(u32 flags) {
    return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}
// Whether it can become pages that nobody was promised yet.
inline bool is_accountable(u32 flags) {
    return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

inline u32 rlimit_pages(const mm_struct& mm, rlimit_kind kind) {
    return mm.rlimits[kind] >> PAGE_SHIFT;
}

// Whether RLIMIT_AS and RLIMIT_DATA allow so many pages more of this kind.
inline bool may_expand_vm(const mm_struct& mm, u32 flags, u32 pages) {
    if (mm.total_vm + pages > rlimit_pages(mm, RLIMIT_AS)) return false;
    return !is_data_mapping(flags) || mm.data_vm + pages <= rlimit_pages(mm, RLIMIT_DATA);
}

// Whether RLIMIT_MEMLOCK allows so many bytes more of an area with these flags.
inline bool may_lock_more(const mm_struct& mm, u32 flags, u32 bytes) {
    return !(flags & VM_LOCKED) || mm.may_lock_without_limit ||
           (bytes >> PAGE_SHIFT) + mm.locked_vm <= rlimit_pages(mm, RLIMIT_MEMLOCK);
}
inline bool can_do_mlock(const mm_struct& mm) {
    return mm.rlimits[RLIMIT_MEMLOCK] != 0 || mm.may_lock_without_limit;
}

// So many pages of this kind come (or go: 0 - pages), I4 of mm_types.hpp.
inline void vm_stat_account(mm_struct& mm, u32 flags, u32 pages) {
    mm.total_vm += pages;
    if (is_exec_mapping(flags)) mm.exec_vm += pages;
    else if (is_stack_mapping(flags)) mm.stack_vm += pages;
    else if (is_data_mapping(flags)) mm.data_vm += pages;
}
// Before the space becomes smaller.
inline void update_hiwater_vm(mm_struct& mm) {
    if (mm.hiwater_vm < mm.total_vm) mm.hiwater_vm = mm.total_vm;
}
