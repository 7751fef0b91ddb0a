// Searches for a hole, led by rb_subtree_gap (vma_tree.hpp).
#include "mm/vm/vma_tree.hpp"

namespace {

// Where in [low, high) a hole of so many bytes may lie.
struct hole_wish {
    u32 bytes;
    u32 first_end;   // it ends there at the earliest
    u32 last_start;  // it begins there at the latest

    bool may_be_below(const vm_area_struct* area) const {
        return area && area->rb_subtree_gap >= bytes;
    }
    bool suits(const vm_area_struct& area) const {
        return area.hole_before() >= bytes && area.hole_start() <= last_start &&
               area.vm_start >= first_end;
    }
};

// The parent of the area that has it as its left (or right) child, or whose child it is
// through other such steps: null when there is none.
template <bool FromLeft>
vm_area_struct* climb(vm_area_struct* at, u32& steps) {
    for (;; ++steps) {
        vm_area_struct* const parent = vma_tree::parent(*at);
        if (!parent) return nullptr;
        if ((vma_tree::left(*parent) == at) == FromLeft) return parent;
        at = parent;
    }
}

// The area behind the highest hole that suits. To the right lie those that begin behind
// this area's end.
vm_area_struct* last_suitable(vm_area_struct* at, const hole_wish wish, u32& steps) {
    bool right_is_done = false;
    while (at) {
        ++steps;
        vm_area_struct* const right = vma_tree::right(*at);
        if (!right_is_done && wish.may_be_below(right) && at->vm_end <= wish.last_start) {
            at = right;
            continue;
        }
        if (at->vm_start < wish.first_end) return nullptr;
        if (wish.suits(*at)) return at;
        vm_area_struct* const left = vma_tree::left(*at);
        right_is_done = !wish.may_be_below(left);
        at = right_is_done ? climb<false>(at, steps) : left;
    }
    return nullptr;
}

// The area behind the lowest hole that suits. To the left lie those that end before this
// area's start.
vm_area_struct* first_suitable(vm_area_struct* at, const hole_wish wish, u32& steps) {
    bool left_is_done = false;
    while (at) {
        ++steps;
        vm_area_struct* const left = vma_tree::left(*at);
        if (!left_is_done && wish.may_be_below(left) && at->vm_start > wish.first_end) {
            at = left;
            continue;
        }
        if (at->hole_start() > wish.last_start) return nullptr;
        if (wish.suits(*at)) return at;
        vm_area_struct* const right = vma_tree::right(*at);
        left_is_done = !wish.may_be_below(right);
        at = left_is_done ? climb<true>(at, steps) : right;
    }
    return nullptr;
}

std::optional<hole_wish> wish_for(u32 bytes, u32 low, u32 high) {
    if (high < low || high - low < bytes) return {};
    return hole_wish{bytes, low + bytes, high - bytes};
}

}  // namespace

// A hole that reaches into the guard gap of a stack is not the highest: the search goes on
// below that gap, and leaves out whatever else is in it, as Linux 6.1 does.
std::optional<vma_hole> highest_hole(mm_struct& mm, u32 bytes, u32 low, u32 high) {
    while (const auto wish = wish_for(bytes, low, high)) {
        if (mm.highest_vm_end <= wish->last_start)
            return vma_hole{wish->last_start, {mm.mm_rb.last(), nullptr}};
        u32 steps = 0;
        vm_area_struct* const behind = last_suitable(mm.mm_rb.root(), *wish, steps);
        mm.tree_steps += steps;
        if (!behind) return {};
        const u32 end = min_of(behind->vm_start, high);
        const u32 guarded = vm_start_gap(*behind);
        if (guarded >= end) return vma_hole{end - bytes, {behind->vm_prev, behind}};
        high = guarded;
    }
    return {};
}

std::optional<vma_hole> lowest_hole(mm_struct& mm, u32 bytes, u32 low, u32 high) {
    vm_area_struct* const root = mm.mm_rb.root();
    while (const auto wish = wish_for(bytes, low, high)) {
        u32 steps = 0;
        vm_area_struct* const behind = first_suitable(root, *wish, steps);
        mm.tree_steps += steps;
        if (!behind) break;
        const u32 start = max_of(behind->hole_start(), low);
        const u32 guarded = vm_start_gap(*behind);
        if (guarded > start && guarded - start >= bytes)
            return vma_hole{start, {behind->vm_prev, behind}};
        low = behind->vm_end;
    }
    const auto wish = wish_for(bytes, low, high);
    if (!wish || mm.highest_vm_end > wish->last_start) return {};
    return vma_hole{max_of(mm.highest_vm_end, low), {mm.mm_rb.last(), nullptr}};
}
