// How large slabs are, and where in them what lies.
#include "mm/slab/bonwick.hpp"

namespace {

constexpr u32 enough_objects = 4;

// As many objects as go beside their descriptor.
slab_layout with_descriptor(u32 order, u32 size, u32 align) {
    const u32 bytes = PAGE_SIZE << order;
    const auto first = [&](u32 objects) {
        return align_up(slab_descriptor::bytes(objects), align);
    };
    u32 objects = (bytes - slab_descriptor::bytes(0)) / (size + sizeof(kmem_bufctl_t));
    while (objects > 0 && first(objects) + objects * size > bytes) --objects;
    if (objects == 0) return {};
    return {order, objects, first(objects), bytes - first(objects) - objects * size, false};
}

// Only objects; the descriptor comes in where they leave room for it.
slab_layout without_descriptor(u32 order, u32 size, u32 align) {
    const u32 bytes = PAGE_SIZE << order;
    const u32 objects = min_of(bytes / size, most_off_slab_objects);
    const u32 left = bytes - objects * size;
    const u32 first = align_up(slab_descriptor::bytes(objects), align);
    if (left < first) return {order, objects, 0, left, true};
    return {order, objects, first, left - first, false};
}

}  // namespace

slab_layout lay_out_slab(u32 size, u32 align, u32 most_order, descriptor_place place) {
    const bool on_slab = size < PAGE_SIZE / 8 || place == descriptor_place::on_slab;
    for (u32 order = 0; order < MAX_ORDER; ++order) {
        const slab_layout layout = on_slab ? with_descriptor(order, size, align)
                                           : without_descriptor(order, size, align);
        if (layout.objects == 0) continue;
        if (order >= most_order) return layout;
        if (layout.objects >= enough_objects && layout.left <= (PAGE_SIZE << order) / 8)
            return layout;
    }
    return {};
}
