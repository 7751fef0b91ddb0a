#include "mm/map/highmem_demo.hpp"

#include "arch/i386/extable.hpp"
#include "lib/bytes.hpp"
#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "mm/map/highmem.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

using figures = highmem_figures;

bool is_there(u32 address) {
    u32 word;
    return probe(address, word);
}

void fill(u32 address, u32 pattern) {
    volatile u32* const page = reinterpret_cast<u32*>(address);
    for (u32 i = 0; i < figures::words; ++i) page[i] = pattern + i;
}

u32 equal_words(u32 address, u32 pattern) {
    const volatile u32* const page = reinterpret_cast<u32*>(address);
    u32 equal = 0;
    for (u32 i = 0; i < figures::words; ++i) equal += page[i] == pattern + i;
    return equal;
}

void write_and_compare(figures& seen) {
    for (u32 writer = 0; writer < figures::ways; ++writer) {
        seen.pattern[writer] = (writer + 1) * 0x11110000;
        fill(seen.address[writer], seen.pattern[writer]);
        for (u32 reader = 0; reader < figures::ways; ++reader)
            seen.equal_words[writer][reader] =
                equal_words(seen.address[reader], seen.pattern[writer]);
    }
}

// kmap() and vmap() may sleep, and so come before kmap_atomic().
bool reach_three_ways(page* page, figures& seen) {
    void* const permanent = kmap(page);
    if (!permanent) return false;
    void* const area = vmap(&page, 1, 0, PAGE_KERNEL);
    if (area) {
        void* const atomic = kmap_atomic(page);
        seen.address[0] = vmalloc_address(permanent);
        seen.address[1] = vmalloc_address(atomic);
        seen.address[2] = vmalloc_address(area);
        write_and_compare(seen);
        kunmap_atomic(atomic);
    }
    vunmap(area);
    kunmap(page);
    return area != nullptr;
}

// kunmap() and vunmap() leave the flush for later, to do it once for many.
void flush_what_waits() {
    kmap_flush_unused();
    the_vmalloc_space().purge();
}

bool machine_has_high_memory() {
    return the_page_allocator().zone_at(ZONE_HIGHMEM).managed_pages() > 0;
}

void print_ways(text_sink& out, const figures& seen) {
    format_to(out, "  {:<12} {:<11} {:<11} words that read the same through\n", "way",
              "address", "writes");
    format_to(out, "  {:<37}", "");
    for (const char* const name : figures::names) format_to(out, "{:>12}", name);
    out.put('\n');
    for (u32 way = 0; way < figures::ways; ++way) {
        format_to(out, "  {:<12} {:#010x}  {:#010x} ", figures::names[way],
                  seen.address[way], seen.pattern[way]);
        for (const u32 equal : seen.equal_words[way]) format_to(out, "{:>12}", equal);
        out.put('\n');
    }
}

}  // namespace

std::optional<highmem_figures> measure_highmem() {
    page* const page = alloc_page(GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN);
    if (!page) return {};
    figures seen;
    seen.frame = page_to_pfn(page);
    const bool reached = PageHighMem(*page) && reach_three_ways(page, seen);
    __free_page(page);
    if (!reached) return {};
    flush_what_waits();
    for (u32 way = 0; way < figures::ways; ++way)
        seen.faults[way] = !is_there(seen.address[way]);
    return seen;
}

int demo_highmem(text_sink& out) {
    if (!machine_has_high_memory()) {
        format_to(out, "There is no high memory: the linear map holds all RAM, it ends at {}.\n",
                  byte_size{linear_map_bytes});
        return 0;
    }
    const auto seen = measure_highmem();
    if (!seen) {
        out.write("demo highmem: there is not enough memory\n");
        return ENOMEM;
    }
    format_to(out, "Frame {:#x} is RAM at {:#x}, and the linear map holds the first\n"
                   "{}: no address there. Three ways give it one, all at the same time:\n\n",
              seen->frame, seen->frame.address(), byte_size{linear_map_bytes});
    print_ways(out, *seen);
    out.write("\nAll are given back and flushed. An access now:\n\n");
    for (u32 way = 0; way < figures::ways; ++way)
        format_to(out, "  {:<12} {:#010x}  {}\n", figures::names[way], seen->address[way],
                  seen->faults[way] ? "faults" : "is still possible");
    return 0;
}

REGISTER(demonstration, highmem_demonstration) = {
    .name = "highmem",
    .help = "a page beyond the linear map, reached by kmap, kmap_atomic and vmap",
    .run = demo_highmem,
};
