// Where a new area goes, if the program does not insist.
//
//     0  64K                          mmap_base                 TASK_SIZE
//     |--|  program, heap -->    ...  <-- mmap |  gap  | stack |
//     no                    <------ 1 ---------|
//     one               |------------------ 2 --------------->|
//                    TASK_UNMAPPED_BASE
//
// 1: the highest hole below mmap_base, so that heap and mappings grow towards each other.
// 2: if there is none, the lowest one from a third of the space on.
//
// mmap_base leaves room for as large a stack as RLIMIT_STACK allows, 128 MiB at least.
#include "mm/vm/mm_locked.hpp"

namespace {

bool is_free(const vma_neighbours& around, u32 address, u32 bytes) {
    return (!around.next || address + bytes <= vm_start_gap(*around.next)) &&
           (!around.prev || around.prev->vm_end <= address);
}

// The place that the program would like, if that is free.
std::optional<vma_hole> room_at_hint(mm_struct& mm, u32 hint, u32 bytes) {
    const u32 address = align_up(hint, PAGE_SIZE);
    if (TASK_SIZE - bytes < address || address < mmap_min_addr) return {};
    const vma_neighbours around = find_vma_neighbours(mm, address);
    if (!is_free(around, address, bytes)) return {};
    return vma_hole{address, around};
}

std::optional<vma_hole> room_anywhere(mm_struct& mm, u32 bytes) {
    if (const auto high = highest_hole(mm, bytes, mmap_min_addr, mm.mmap_base)) return high;
    return lowest_hole(mm, bytes, TASK_UNMAPPED_BASE, TASK_SIZE);
}

}  // namespace

result<vma_hole> find_room(mm_struct& mm, u32 hint, u32 bytes, u32 flags) {
    if (bytes > TASK_SIZE - mmap_min_addr) return err{ENOMEM};
    if (flags & MAP_FIXED) {
        if (hint > TASK_SIZE - bytes) return err{ENOMEM};
        if (!is_aligned(hint, PAGE_SIZE)) return err{EINVAL};
        if (hint < mmap_min_addr) return err{EPERM};
        return vma_hole{hint, {}};
    }
    if (hint)
        if (const auto wanted = room_at_hint(mm, hint, bytes)) return *wanted;
    if (const auto found = room_anywhere(mm, bytes)) return *found;
    return err{ENOMEM};
}

result<u32> get_unmapped_area(mm_struct& mm, u32 hint, u32 bytes, u32 flags) {
    const result<vma_hole> room = find_room(mm, hint, bytes, flags);
    if (!room) return err{room.error()};
    return room->start;
}

void arch_pick_mmap_layout(mm_struct& mm) {
    constexpr u32 least = 128 * MiB;
    constexpr u32 most = TASK_SIZE / 6 * 5;
    u32 gap = mm.rlimits[RLIMIT_STACK];
    if (gap + stack_guard_gap > gap) gap += stack_guard_gap;
    gap = max_of(least, min_of(gap, most));
    mm.mmap_base = align_up(TASK_SIZE - gap, PAGE_SIZE);
    mm.mmap_legacy_base = TASK_UNMAPPED_BASE;
}
