#include "mm/map/tlb_demo.hpp"

#include "lib/demo.hpp"

bool demo_tlb::access(u32 address, size size, kind kind) {
    if (size == size::large)
        return access(large_, large_entries, address >> large_shift, kind);
    const u32 page = address >> small_shift;
    return access(small_[page % sets], ways, page, kind);
}

bool demo_tlb::access(entry* first, u32 count, u32 page, kind kind) {
    u32 at = 0;
    while (at < count - 1 && first[at].page != page) ++at;
    const bool hit = first[at].page == page;
    for (; at > 0; --at) first[at] = first[at - 1];
    first[0] = {page, kind};
    return hit;
}

void demo_tlb::load_cr3() {
    const auto drop = [](entry& e) {
        if (e.what == kind::local) e = {};
    };
    for (auto& set : small_)
        for (entry& e : set) drop(e);
    for (entry& e : large_) drop(e);
}

namespace {

using size = demo_tlb::size;
using kind = demo_tlb::kind;

// A word in each 4 KiB of some addresses, touched in turn.
struct walk_over {
    u32 start;
    u32 pages;
    size page_size;
};
constexpr walk_over linear{0xC0000000, 1024, size::large};
constexpr walk_over vmalloc{0xF8800000, 48, size::small};
constexpr walk_over much_vmalloc{0xF9000000, 256, size::small};

void touch(text_sink& out, demo_tlb& tlb, const char* what, walk_over walk, kind kind) {
    u32 hits = 0;
    for (u32 i = 0; i < walk.pages; ++i)
        hits += tlb.access(walk.start + (i << demo_tlb::small_shift), walk.page_size, kind);
    format_to(out, "  {:<46}{:>7}{:>7}{:>8}\n", what, walk.pages, hits, walk.pages - hits);
}

void show_sizes(text_sink& out) {
    demo_tlb tlb;
    out.write("\nThe size of a page\n");
    touch(out, tlb, "4 MiB of the linear map, large pages", linear, kind::global);
    touch(out, tlb, "  again", linear, kind::global);
    touch(out, tlb, "192 KiB from vmalloc, 4 KiB pages", vmalloc, kind::global);
    touch(out, tlb, "  again", vmalloc, kind::global);
    touch(out, tlb, "1 MiB from vmalloc: more pages than entries", much_vmalloc,
          kind::global);
    touch(out, tlb, "  again: each is gone before its turn comes", much_vmalloc,
          kind::global);
}

void show_switch(text_sink& out, const char* title, kind kind) {
    demo_tlb tlb;
    for (const walk_over& walk : {linear, vmalloc})
        for (u32 i = 0; i < walk.pages; ++i)
            tlb.access(walk.start + (i << demo_tlb::small_shift), walk.page_size, kind);
    tlb.load_cr3();
    out.write(title);
    touch(out, tlb, "4 MiB of the linear map, large pages", linear, kind);
    touch(out, tlb, "192 KiB from vmalloc, 4 KiB pages", vmalloc, kind);
}

}  // namespace

void show_tlb_demo(text_sink& out) {
    format_to(
        out,
        "A modelled TLB: {} entries for pages of 4 KiB ({} sets of {}), {} for large ones\n"
        "of 2 MiB. One word in each 4 KiB is touched, in turn.\n\n"
        "  {:<46}{:>7}{:>7}{:>8}\n",
        demo_tlb::sets * demo_tlb::ways, demo_tlb::sets, demo_tlb::ways,
        demo_tlb::large_entries, "", "words", "hits", "misses");
    show_sizes(out);
    show_switch(out, "\nAll that once more after CR3 was loaded; its pages are global\n",
                kind::global);
    show_switch(out, "\nThe same, and they are not global\n", kind::local);
    out.write(
        "\nThe kernel is the same in every address space: what the TLB knows of it stays\n"
        "true when a task of another one runs. Global pages are how the CPU is told.\n");
}

REGISTER(demonstration, tlb_demonstration) = {
    .name = "tlb",
    .help = "a modelled TLB: what large pages and global ones save",
    .run = [](text_sink& out) {
        show_tlb_demo(out);
        return 0;
    },
};
