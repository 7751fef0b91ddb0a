#include "lib/radix_tree.hpp"

namespace {

constexpr unsigned slot_mask = radix_node::slots_in_node - 1;

unsigned slot_of(u32 index, unsigned shift) { return index >> shift & slot_mask; }
u64 bit_of(unsigned slot) { return u64{1} << slot; }

bool node_has_tag(const radix_node& node, unsigned tag) { return node.tags[tag] != 0; }

radix_node* child_of(const radix_node& node, unsigned slot) {
    return static_cast<radix_node*>(node.slots[slot]);
}

// What goes back must be as a fresh one.
void discard(radix_node& node, radix_nodes& freed) {
    node.count = node.shift = node.offset = 0;
    node.parent = nullptr;
    for (u64& tags : node.tags) tags = 0;
    node.slots[0] = nullptr;  // the others are
    freed.put(node);
}

}  // namespace

constexpr u32 radix_tree::largest_index(unsigned height) {
    const unsigned index_bits = height * radix_node::bits;
    return index_bits >= 32 ? ~u32{0} : (u32{1} << index_bits) - 1;
}

// ---- going in --------------------------------------------------------------------------

u32 radix_tree::nodes_wanted(u32 index) const {
    unsigned height = height_;
    while (index > largest_index(height)) ++height;
    // The way down; an empty tree has nothing that has to be kept.
    if (!root_) return height;
    // New levels on top, and a way down that shares only the top node with what is there.
    if (height > height_) return height - height_ + height - 1;
    if (height == 0) return 0;
    u32 wanted = 0;
    const radix_node* node = top();
    while (node && node->shift > 0) {
        const unsigned levels_below = node->shift / radix_node::bits;
        node = child_of(*node, slot_of(index, node->shift));
        if (!node) wanted = levels_below;
    }
    return wanted;
}

// One level more, with all there is in slot 0.
void radix_tree::grow(radix_nodes& spare) {
    radix_node& node = *spare.take();
    node.shift = static_cast<u8>(height_ * radix_node::bits);
    node.count = 1;
    node.slots[0] = root_;
    for (unsigned tag = 0; tag < RADIX_TREE_MAX_TAGS; ++tag)
        if (root_tags_ >> tag & 1) node.tags[tag] = 1;
    if (height_ > 0) {
        top()->parent = &node;
        top()->offset = 0;
    }
    root_ = &node;
    ++height_;
}

result<> radix_tree::insert(u32 index, void* item, radix_nodes& spare) {
    kdebug_assert(item, "null is inserted at {}", index);
    if (lookup(index)) return err{EEXIST};
    if (spare.count() < nodes_wanted(index)) return err{ENOMEM};
    if (!root_) {
        // Nothing to keep: the top node is made below as any other.
        while (index > largest_index(height_)) ++height_;
        if (height_ == 0) {
            root_ = item;
            return {};
        }
    }
    while (index > largest_index(height_)) grow(spare);
    radix_node* parent = nullptr;
    for (unsigned level = height_; level-- > 0;) {
        const unsigned shift = level * radix_node::bits;
        void*& link = parent ? parent->slots[slot_of(index, parent->shift)] : root_;
        if (!link) {
            radix_node& node = *spare.take();
            node.shift = static_cast<u8>(shift);
            node.parent = parent;
            if (parent) {
                node.offset = static_cast<u8>(slot_of(index, parent->shift));
                ++parent->count;
            }
            link = &node;
        }
        parent = static_cast<radix_node*>(link);
    }
    parent->slots[slot_of(index, 0)] = item;
    ++parent->count;
    return {};
}

// ---- looking ---------------------------------------------------------------------------

const radix_node* radix_tree::leaf_of(u32 index) const {
    if (height_ == 0 || index > largest_index(height_)) return nullptr;
    const radix_node* node = top();
    while (node && node->shift > 0) node = child_of(*node, slot_of(index, node->shift));
    return node;
}

// Whether there is an item.
bool radix_tree::find(u32 index, place& at) const {
    at = {nullptr, 0};
    if (height_ == 0) return root_ && index == 0;
    radix_node* const leaf = const_cast<radix_node*>(leaf_of(index));
    if (!leaf) return false;
    at = {leaf, slot_of(index, 0)};
    return leaf->slots[at.slot] != nullptr;
}

void* radix_tree::lookup(u32 index) const {
    place at;
    if (!find(index, at)) return nullptr;
    return at.node ? at.node->slots[at.slot] : root_;
}

// The lowest node, and the slot in it, of the first item at `index` or behind that has the
// tag (null: any); `index` becomes the item's. Only for trees with nodes.
bool radix_tree::leaf_from(u32& index, const radix_tag* tag, place& at) const {
    const auto wanted = [tag](const radix_node& node, unsigned slot) {
        return tag ? (node.tags[*tag] & bit_of(slot)) != 0 : node.slots[slot] != nullptr;
    };
    if (index > largest_index(height_)) return false;
    const radix_node* node = top();
    unsigned slot = slot_of(index, node->shift);
    for (;;) {
        while (slot < radix_node::slots_in_node && !wanted(*node, slot)) {
            ++slot;
            // Behind the slot that `index` was in, everything counts.
            index = static_cast<u32>(((u64{index} >> node->shift) + 1) << node->shift);
        }
        if (slot == radix_node::slots_in_node) {
            // Up, and on with the next one there.
            if (!node->parent) return false;
            slot = node->offset + 1u;
            node = node->parent;
        } else if (node->shift == 0) {
            at = {const_cast<radix_node*>(node), slot};
            return true;
        } else {
            node = child_of(*node, slot);
            slot = slot_of(index, node->shift);
        }
    }
}

u32 radix_tree::gang(u32 first, std::span<found> out, const radix_tag* tag) const {
    if (!root_ || out.empty()) return 0;
    if (height_ == 0) {
        if (first > 0 || (tag && !tagged(*tag))) return 0;
        out[0] = {0, root_};
        return 1;
    }
    u32 count = 0;
    u32 index = first;
    place at;
    while (count < out.size() && leaf_from(index, tag, at)) {
        out[count++] = {index, at.node->slots[at.slot]};
        if (index == ~u32{0}) break;
        ++index;
    }
    return count;
}

u32 radix_tree::gang_lookup(u32 first, std::span<found> out) const {
    return gang(first, out, nullptr);
}
u32 radix_tree::gang_lookup_tag(u32 first, std::span<found> out, radix_tag tag) const {
    return gang(first, out, &tag);
}

// ---- going out -------------------------------------------------------------------------

void* radix_tree::erase(u32 index, radix_nodes& freed) {
    place at;
    if (!find(index, at)) return nullptr;
    for (unsigned tag = 0; tag < RADIX_TREE_MAX_TAGS; ++tag)
        clear_tag_upwards(at.node, at.slot, static_cast<radix_tag>(tag));
    if (!at.node) return std::exchange(root_, nullptr);
    void* const item = std::exchange(at.node->slots[at.slot], nullptr);
    --at.node->count;
    drop_empty(at.node, freed);
    shrink(freed);
    return item;
}

void radix_tree::drop_empty(radix_node* node, radix_nodes& freed) {
    while (node && node->count == 0) {
        radix_node* const parent = node->parent;
        if (parent) {
            parent->slots[node->offset] = nullptr;
            --parent->count;
        } else {
            root_ = nullptr;
            height_ = 0;
        }
        discard(*node, freed);
        node = parent;
    }
}

// Levels that hold nothing but what is in slot 0 go.
void radix_tree::shrink(radix_nodes& freed) {
    while (height_ > 0 && top()->count == 1 && top()->slots[0]) {
        radix_node& node = *top();
        root_ = node.slots[0];
        --height_;
        if (height_ > 0) top()->parent = nullptr;
        discard(node, freed);
    }
}

// ---- tags ------------------------------------------------------------------------------

bool radix_tree::tag_get(u32 index, radix_tag tag) const {
    place at;
    if (!find(index, at)) return false;
    return at.node ? (at.node->tags[tag] & bit_of(at.slot)) != 0 : tagged(tag);
}

bool radix_tree::tag_set(u32 index, radix_tag tag) {
    place at;
    if (!find(index, at)) return false;
    unsigned slot = at.slot;
    for (radix_node* node = at.node; node; slot = node->offset, node = node->parent)
        node->tags[tag] |= bit_of(slot);
    root_tags_ |= static_cast<u8>(1u << tag);
    return true;
}

void radix_tree::tag_clear(u32 index, radix_tag tag) {
    place at;
    if (find(index, at)) clear_tag_upwards(at.node, at.slot, tag);
}

// Up to the first node in which something else has it.
void radix_tree::clear_tag_upwards(radix_node* node, unsigned slot, radix_tag tag) {
    for (; node; slot = node->offset, node = node->parent) {
        node->tags[tag] &= ~bit_of(slot);
        if (node_has_tag(*node, tag)) return;
    }
    root_tags_ &= static_cast<u8>(~(1u << tag));
}

// ---- I1 to I4 --------------------------------------------------------------------------

void radix_tree::check_invariants() const {
    kassert(root_ || (height_ == 0 && root_tags_ == 0),
            "radix_tree I3: empty, with height {} and tags {:#x}", height_, root_tags_);
    if (height_ == 0) return;
    const radix_node& node = *top();
    kassert(!node.parent, "radix_tree I2: the top node has a parent");
    kassert(node.shift == (height_ - 1u) * radix_node::bits,
            "radix_tree I3: height {}, the top node's shift {}", height_, node.shift);
    kassert(node.count > 1 || !node.slots[0],
            "radix_tree I3: height {} for what is in slot 0 alone", height_);
    for (unsigned tag = 0; tag < RADIX_TREE_MAX_TAGS; ++tag)
        kassert((root_tags_ >> tag & 1) == node_has_tag(node, tag),
                "radix_tree I4: root tags {:#x}, top node's tag {} {:#x}", root_tags_, tag,
                node.tags[tag]);
    check_node(node);
}

void radix_tree::check_node(const radix_node& node) const {
    unsigned count = 0;
    for (unsigned slot = 0; slot < radix_node::slots_in_node; ++slot) {
        const bool used = node.slots[slot] != nullptr;
        count += used;
        const radix_node* const child = used && node.shift ? child_of(node, slot) : nullptr;
        for (unsigned tag = 0; tag < RADIX_TREE_MAX_TAGS; ++tag) {
            const bool tagged = (node.tags[tag] & bit_of(slot)) != 0;
            kassert(!tagged || used, "radix_tree I4: shift {}, empty slot {} has tag {}",
                    node.shift, slot, tag);
            kassert(!child || tagged == node_has_tag(*child, tag),
                    "radix_tree I4: shift {}, slot {}, tag {}: {}, its child says {}",
                    node.shift, slot, tag, tagged, !tagged);
        }
        if (!child) continue;
        kassert(child->parent == &node && child->offset == slot &&
                    child->shift + radix_node::bits == node.shift,
                "radix_tree I2: slot {} of shift {} has a child of slot {}, shift {}", slot,
                node.shift, child->offset, child->shift);
        check_node(*child);
    }
    kassert(count == node.count && count > 0, "radix_tree I1: count {}, slots in use {}",
            node.count, count);
}
