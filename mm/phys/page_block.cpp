#include "mm/phys/page_block.hpp"

std::optional<page_block> block_of_frame(const page_allocator& allocator, pfn frame) {
    for (unsigned order = 0; order < MAX_ORDER; ++order) {
        const u32 first = align_down(frame.raw(), 1u << order);
        const u32 flags = allocator.map()[first].flags;
        const u32 marks = flags & page_flags::marks;
        if (!marks) continue;
        const page_flag mark = static_cast<page_flag>(std::countr_zero(marks));
        const unsigned size = flags >> page_flags::order_shift & 0xf;
        const page_block block{first, mark == PG_reserved ? 0 : size, mark};
        if (block.order < MAX_ORDER && frame.raw() - first < block.pages()) return block;
        return std::nullopt;
    }
    return std::nullopt;
}
