#include "mm/phys/memory_picture.hpp"

#include "lib/bytes.hpp"
#include "mm/phys/page_block.hpp"

namespace {

// By memory_picture::owner; free frames show their order instead.
constexpr char letters[] = "?0#pRKMmFT.";
constexpr char orders[] = "0123456789A";

// The map's range with this frame in it, or else the hole up to the next one.
struct map_place {
    std::optional<memory_kind> kind;
    u64 end;  // in frames
};

map_place place_of(const memory_map& map, u32 frame) {
    const u64 address = u64{frame} << PAGE_SHIFT;
    for (const memory_range& range : map.ranges()) {
        if (address >= range.end) continue;
        if (address < range.start) return {{}, range.start >> PAGE_SHIFT};
        return {range.kind, range.end >> PAGE_SHIFT};
    }
    return {{}, ~u64{0}};
}

}  // namespace

// A reserved frame: of a hole, the firmware, or taken before there was an allocator.
memory_picture::run memory_picture::reserved_run_at(u32 frame) const {
    const map_place place = place_of(map_, frame);
    u32 end = static_cast<u32>(min_of<u64>(place.end, allocator_.frames()));
    owner who = hole;
    if (mem_map_.contains(pfn(frame))) {
        who = struct_pages;
        end = min_of(end, mem_map_.end.raw());
    } else {
        if (frame < mem_map_.start.raw()) end = min_of(end, mem_map_.start.raw());
        if (place.kind) switch (*place.kind) {
                case memory_kind::usable:
                case memory_kind::boot: who = boot; break;
                case memory_kind::module: who = module; break;
                case memory_kind::kernel: who = kernel; break;
                case memory_kind::framebuffer: who = framebuffer; break;
                default: who = firmware; break;
            }
    }
    u32 at = frame + 1;
    while (at < end && PageReserved(allocator_.map()[at])) ++at;
    return {who, 0, at};
}

memory_picture::run memory_picture::run_at(u32 frame) const {
    const auto block = block_of_frame(allocator_, pfn(frame));
    if (!block) return {unknown, 0, frame + 1};
    const u32 end = block->first + block->pages();
    switch (block->mark) {
        case PG_buddy: return {free, block->order, end};
        case PG_pcp: return {listed, 0, end};
        case PG_allocated: return {in_use, 0, end};
        default: return reserved_run_at(frame);
    }
}

char memory_picture::cell(pfn_range frames) const {
    u32 pages[owners] = {};
    unsigned largest = 0;
    for (u32 frame = frames.start.raw(); frame < frames.end.raw();) {
        const run run = run_at(frame);
        const u32 end = min_of(run.end, frames.end.raw());
        pages[run.who] += end - frame;
        if (run.who == free) largest = max_of(largest, run.order);
        frame = end;
    }
    unsigned most = 0;
    for (unsigned who = 1; who < owners; ++who)
        if (pages[who] > pages[most]) most = who;
    return most == free ? orders[largest] : letters[most];
}

void memory_picture::print_zone(text_sink& out, pfn_range frames, u32 a_cell) const {
    for (u32 row = frames.start.raw(); row < frames.end.raw();) {
        text_buffer<cells_a_row> cells;
        const u32 first = row;
        for (u32 i = 0; i < cells_a_row && row < frames.end.raw(); ++i) {
            const u32 end = min_of(frames.end.raw() - row, a_cell) + row;
            cells.put(cell({pfn(row), pfn(end)}));
            row = end;
        }
        format_to(out, "{:>#13x} {}\n", u64{first} << PAGE_SHIFT, cells.view());
    }
}

void memory_picture::print(text_sink& out, pfn_range frames) const {
    const pfn_range shown = frames.intersection({pfn(0), pfn(allocator_.frames())});
    const u32 a_cell = frames_a_cell(shown.size());
    format_to(out, "{} a cell\n", byte_size{u64{a_cell} * PAGE_SIZE});
    for (const zone& zone : allocator_.zones()) {
        const pfn_range part = shown.intersection(zone.frames());
        if (part.empty()) continue;
        format_to(out, "-- zone {} {:-<60}\n", zone.name(), "");
        print_zone(out, part, a_cell);
    }
}

void memory_picture::print_legend(text_sink& out) {
    out.write(
        "0-9 A  free, order of the largest block  # in use       p on a CPU's list\n"
        "R      the firmware's, or unusable       K the kernel   M mem_map\n"
        "m      a boot module                     F framebuffer  T taken at boot (tables)\n"
        ".      no memory                         ? changed meanwhile\n"
        "A cell with several owners shows the one with most pages.\n");
}
