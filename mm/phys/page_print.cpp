#include "mm/phys/page_print.hpp"

#include "lib/errno.hpp"
#include "lib/parse.hpp"
#include "lib/symbol.hpp"
#include "mm/phys/page_block.hpp"

namespace {

const char* mark_in_words(page_flag mark) {
    switch (mark) {
        case PG_buddy: return "free";
        case PG_pcp: return "on a CPU's list";
        case PG_allocated: return "in use";
        default: return "reserved, never given out";
    }
}

void print_mark(text_sink& out, std::optional<page_block> block, u32 frame) {
    out.write("mark       ");
    if (!block) return out.write("none: it changed just now, or its marks are damaged\n");
    const char* const mark = mark_in_words(block->mark);
    if (block->mark == PG_reserved) return format_to(out, "{}\n", mark);
    if (block->first != frame)
        format_to(out, "inside the block at frame {:#x}: ", block->first);
    format_to(out, "{}, order {} ({} {})\n", mark, block->order, block->pages(),
              block->pages() == 1 ? "page" : "pages");
}

// The type that a head was given out as, and that of where it lies.
void print_type(text_sink& out, const page& page, migrate_type of_page_block, u32 frame) {
    out.write("type       ");
    if (page_test(page, PG_allocated))
        format_to(out, "{}, in ", migrate_type_name(page_migrate_type(page)));
    format_to(out, "page block {}: {}\n", frame >> pageblock_order,
              migrate_type_name(of_page_block));
}

// Half of the words are shared by owners who use them differently.
void print_fields(text_sink& out, const page& page) {
    format_to(out, "refcount   {}\n", page_count(page));
    if (PageSlab(page)) {
        format_to(out, "slab       cache {}, objects at {}\n",
                  static_cast<const void*>(page.slab_cache), page.s_mem);
        format_to(out, "           first free {}, counters {:#x}\n", page.freelist,
                  page.counters);
        return;
    }
    format_to(out, "mapcount   {}\n", page._mapcount.load(memory_order::relaxed) + 1);
    if (page.mapping)
        format_to(out, "mapping    {}, index {}\n", static_cast<const void*>(page.mapping),
                  page.index);
    else
        out.write("mapping    none\n");
    format_to(out, "private    {:#x}\n", page.private_);
}

void print_owner(text_sink& out, const page_owner* owner) {
    if (!owner) return;
    if (owner->allocated_by)
        format_to(out, "allocated  by {}\n", code_address{owner->allocated_by});
    if (owner->freed_by)
        format_to(out, "freed      by {}\n", code_address{owner->freed_by});
}

}  // namespace

void print_page(text_sink& out, const page_allocator& allocator, pfn frame) {
    const u32 number = frame.raw();
    const page& page = allocator.map()[number];
    const zone_type type = page_zonenum(page);
    format_to(out, "frame      {:#x} ({})\n", number, number);
    format_to(out, "physical   {:#x}\n", u64{number} << PAGE_SHIFT);
    if (type == ZONE_HIGHMEM)
        out.write("linear     none (HighMem)\n");
    else if (frame.address().raw() >= linear_map_bytes)
        out.write("linear     none (behind the last RAM)\n");
    else
        format_to(out, "linear     {}\n", phys_to_virt(frame.address()));
    format_to(out, "zone       {}\n", zone_name(type));
    print_mark(out, block_of_frame(allocator, frame), number);
    print_type(out, page, allocator.zone_at(type).block_type(number), number);
    print_fields(out, page);
    const u32 flags = page.flags;
    format_to(out, "flags      {} ({:#010x})\n", page_flags_text{flags}, flags);
    print_owner(out, allocator.owner(frame));
}

std::optional<u64> parse_frame(std::string_view word) {
    const bool physical = word.starts_with("p:");
    if (physical) word.remove_prefix(2);
    const auto number = parse_number(word);
    return number && physical ? *number >> PAGE_SHIFT : number;
}

int show_page(std::string_view word, const page_allocator& allocator, text_sink& out) {
    const auto frame = parse_frame(word);
    if (!frame) {
        format_to(out, "page: \"{}\" is no frame: 1234, 0x4d2, p:0x4d2000\n", word);
        return EINVAL;
    }
    if (*frame >= allocator.frames()) {
        format_to(out, "page: frame {:#x} is beyond mem_map, which has {:#x} frames\n",
                  *frame, allocator.frames());
        return EINVAL;
    }
    print_page(out, allocator, pfn(static_cast<u32>(*frame)));
    return 0;
}
