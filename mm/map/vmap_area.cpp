#include "mm/map/vmap_area.hpp"

namespace {

// Where in the hole an aligned range begins; it may not fit any more.
u64 aligned_start(const vmap_area& hole, u32 align) {
    return align_up(u64{hole.va_start}, u64{align});
}

bool fits(const vmap_area& hole, u32 size, u32 align) {
    return aligned_start(hole, align) + size <= hole.va_end;
}

u32 largest_below(const vmap_area* hole) { return hole ? hole->subtree_max_size : 0; }

}  // namespace

// `at` heads a subtree in which some hole is large enough; so no step is taken back.
inline vmap_area* vmap_holes::lowest_in(vmap_area* at, u32 size) {
    for (;;) {
        ++visited_;
        vmap_area* const left = tree::left(*at);
        if (largest_below(left) >= size) at = left;
        else if (at->va_size() >= size) return at;
        else at = tree::right(*at);
    }
}

vmap_area* vmap_holes::lowest_of_size(u32 size) {
    return largest() < size ? nullptr : lowest_in(tree_.root(), size);
}

vmap_area* vmap_holes::next_of_size(vmap_area* from, u32 size) {
    vmap_area* right = tree::right(*from);
    for (;;) {
        if (largest_below(right) >= size) return lowest_in(right, size);
        ++visited_;
        vmap_area* const parent = tree::parent(*from);
        if (!parent) return nullptr;
        const bool from_left = tree::left(*parent) == from;
        if (from_left && parent->va_size() >= size) return parent;
        right = from_left ? tree::right(*parent) : nullptr;
        from = parent;
    }
}

// Holes that may be too small once their beginning is aligned, from the lowest.
vmap_area* vmap_holes::lowest_by_luck(u32 size, u32 align) {
    vmap_area* at = lowest_of_size(size);
    while (at && !fits(*at, size, align)) at = next_of_size(at, size);
    return at;
}

void vmap_holes::hang(vmap_area& hole) {
    hole.subtree_max_size = 0;
    const vmap_area* const other = tree_.insert(hole);
    kassert(!other, "vmap I1: two holes at {:#x}", hole.va_start);
}

inline void vmap_holes::cut(vmap_area& hole, u32 start, u32 end, vmap_area_list& spares) {
    if (hole.va_start == start && hole.va_end == end) {
        tree_.erase(hole);
        spares.push_back(hole);
        return;
    }
    if (hole.va_start == start) {
        hole.va_start = end;
        if (largest_hole::update(hole, tree::left(hole), tree::right(hole)))
            if (vmap_area* const parent = tree::parent(hole)) tree::updated(*parent);
        return;
    }
    const u32 hole_end = hole.va_end;
    hole.va_end = start;
    tree::updated(hole);
    if (end == hole_end) return;
    vmap_area* const upper = spares.pop_front();
    kassert(upper, "no node for the hole {:#x}-{:#x}", end, hole_end);
    upper->va_start = end;
    upper->va_end = hole_end;
    hang(*upper);
}

std::optional<u32> vmap_holes::take(u32 size, u32 align, vmap_area_list& spares) {
    const u32 slack = align - PAGE_SIZE;
    vmap_area* hole = size + slack >= size ? lowest_of_size(size + slack) : nullptr;
    if (!hole && slack > 0) hole = lowest_by_luck(size, align);
    if (!hole) return {};
    const u32 start = slack == 0 ? hole->va_start : static_cast<u32>(aligned_start(*hole, align));
    cut(*hole, start, start + size, spares);
    return start;
}

void vmap_holes::give(vmap_area& area, vmap_area_list& spares) {
    vmap_area* const below = at_or_below(area.va_start);
    vmap_area* const above = below ? tree::next(*below) : tree_.first();
    kassert((!below || below->va_end <= area.va_start) &&
                (!above || area.va_end <= above->va_start),
            "vmap I1: {:#x}-{:#x} is a hole already", area.va_start, area.va_end);
    const bool joins_below = below && below->va_end == area.va_start;
    const bool joins_above = above && above->va_start == area.va_end;
    if (joins_below) {
        // A tree is changed in one place at a time: what an erasure turns round must be up
        // to date.
        if (joins_above) {
            tree_.erase(*above);
            spares.push_back(*above);
        }
        below->va_end = joins_above ? above->va_end : area.va_end;
        tree::updated(*below);
        spares.push_back(area);
    } else if (joins_above) {
        above->va_start = area.va_start;
        tree::updated(*above);
        spares.push_back(area);
    } else {
        hang(area);
    }
}

vmap_area* vmap_holes::at_or_below(u32 address) const {
    vmap_area* const above = tree_.upper_bound(address);
    return above ? tree::prev(*above) : tree_.last();
}

void vmap_holes::check_invariants() const {
    tree_.check_invariants();  // its I6 is our I3
    const vmap_area* before = nullptr;
    for (const vmap_area& hole : tree_) {
        kassert(hole.va_start < hole.va_end && is_aligned(hole.va_start | hole.va_end, PAGE_SIZE),
                "vmap I1: a hole at {:#x}-{:#x}", hole.va_start, hole.va_end);
        kassert(!before || before->va_end < hole.va_start,
                "vmap I2: the holes below and above {:#x} touch", hole.va_start);
        before = &hole;
    }
}

vmap_area* find_vmap_area(const vmap_area_tree& busy, u32 address) {
    vmap_area* at = busy.root();
    while (at && !at->covers(address))
        at = address < at->va_start ? vmap_area_tree::left(*at) : vmap_area_tree::right(*at);
    return at;
}
