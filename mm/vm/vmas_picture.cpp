// The tree of areas, lying on its side: low addresses above, the root at the left, a dot at
// a left child, a tick at a right one.
//
//        . 08048000-0804a000 r-xp hole 131360K, largest 131360K
//      . 0804b000-0804c000 rw-p hole 4K, largest 131360K
//     - b7fd8000-b7fda000 r-xp hole 2879024K, largest 2879024K
//      ` bffdf000-c0000000 rw-p hole 131092K, largest 131092K [stack]
//
// Behind each: the hole before it, and the largest of its subtree, by which a search for
// room decides where to go.
#include "mm/vm/maps.hpp"
#include "mm/vm/vma_tree.hpp"

namespace {

// "128M": the largest unit in which it is a whole number, so no digit is lost.
struct bytes_text {
    u32 bytes;
};
void format_value(text_sink& out, const format_spec&, bytes_text value) {
    constexpr const char* units[] = {"", "K", "M", "G"};
    u32 amount = value.bytes, unit = 0;
    for (; amount && amount % 1024 == 0 && unit < 3; ++unit) amount /= 1024;
    format_to(out, "{}{}", amount, units[unit]);
}

u32 depth_of(const vm_area_struct& area) {
    u32 depth = 0;
    for (const vm_area_struct* at = vma_tree::parent(area); at; at = vma_tree::parent(*at))
        ++depth;
    return depth;
}

bool is_left_child(const vm_area_struct& area) {
    const vm_area_struct* const parent = vma_tree::parent(area);
    return parent && vma_tree::left(*parent) == &area;
}

void draw_area(text_sink& out, const vm_area_struct& area) {
    constexpr u32 deepest = 12;  // drawn: 80 columns
    const u32 depth = min_of(depth_of(area), deepest);
    for (u32 i = 0; i < depth; ++i) out.put(' ');
    out.write(depth == 0 ? "-" : is_left_child(area) ? "." : "`");
    const u32 flags = area.vm_flags;
    format_to(out, " {:08x}-{:08x} {}{}{}{} hole {}, largest {}", area.vm_start, area.vm_end,
              flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
              flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p',
              bytes_text{area.hole_before()}, bytes_text{area.rb_subtree_gap});
    if (const char* const name = area.vm_file ? nullptr : arch_vma_name(area))
        format_to(out, " {}", name);
    out.put('\n');
}

}  // namespace

void draw_vmas(text_sink& out, mm_struct& mm) {
    const read_guard held(mm.mmap_sem);
    for (const vm_area_struct* area = mm.mmap; area; area = area->vm_next)
        draw_area(out, *area);
    format_to(out, "{} areas, {} pages; mmap looks for room below {:08x}\n", mm.map_count,
              mm.total_vm, mm.mmap_base);
}
