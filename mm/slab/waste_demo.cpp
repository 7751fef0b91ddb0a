#include "mm/slab/waste_demo.hpp"

#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

constexpr gfp_t quietly = GFP_KERNEL | __GFP_NOWARN;

u32 bytes_in_use() { return the_page_allocator().pages_in_use() * PAGE_SIZE; }

u32 order_for(u32 bytes) { return std::bit_width((bytes - 1) >> PAGE_SHIFT); }

waste_row block_of_pages() {
    constexpr u32 asked = waste_pages * PAGE_SIZE;
    const u32 before = bytes_in_use();
    void* const block = __get_free_pages(quietly, order_for(asked));
    const u32 given = bytes_in_use() - before;
    free_pages(block, order_for(asked));
    return {"alloc_pages, order 7", asked, block ? given : 0};
}

waste_row exact_pages() {
    constexpr u32 asked = waste_pages * PAGE_SIZE;
    const u32 before = bytes_in_use();
    void* const range = alloc_pages_exact(asked, quietly);
    const u32 given = bytes_in_use() - before;
    free_pages_exact(range, asked);
    return {"alloc_pages_exact", asked, range ? given : 0};
}

// Objects, one after another, and back. `given` looks at them when all are there.
template <class Alloc, class Given, class Free>
waste_row objects_by(const char* way, Alloc alloc, Given given, Free free) {
    void* objects[waste_objects];
    u32 count = 0;
    while (count < waste_objects && (objects[count] = alloc())) ++count;
    const u32 bytes = count == waste_objects ? given(std::span<void* const>(objects)) : 0;
    while (count > 0) free(objects[--count]);
    return {way, waste_objects * waste_object_size, bytes};
}

waste_row objects_in_pages() {
    const u32 before = bytes_in_use();
    return objects_by(
        "a page each", [] { return __get_free_page(quietly); },
        [&](std::span<void* const>) { return bytes_in_use() - before; },
        [](void* object) { free_page(object); });
}

waste_row objects_by_kmalloc() {
    return objects_by(
        "kmalloc", [] { return kmalloc(waste_object_size, quietly); },
        [](std::span<void* const> objects) {
            u32 bytes = 0;
            for (const void* const object : objects)
                bytes += static_cast<u32>(ksize(object));
            return bytes;
        },
        [](void* object) { kfree(object); });
}

// Of slub's, whatever slab= says: its slabs are nobody else's, so their rests and free
// slots count.
waste_row objects_in_a_cache() {
    constexpr const char* way = "a cache of their own";
    kmem_cache* const cache = kmem_cache_create_with(slub_strategy(), "waste",
                                                     waste_object_size, 0, 0, nullptr);
    if (!cache) return {way, waste_objects * waste_object_size, 0};
    const waste_row row = objects_by(
        way, [=] { return kmem_cache_alloc(cache, quietly); },
        [=](std::span<void* const>) {
            return cache->strategy->count(*cache).total_slabs *
                   static_cast<u32>(cache->slab_bytes());
        },
        [=](void* object) { kmem_cache_free(cache, object); });
    kmem_cache_destroy(cache);
    return row;
}

void print_row(text_sink& out, const waste_row& row) {
    if (row.given == 0) {
        format_to(out, "  {:<24}{:>10}   there is not so much memory\n", row.way,
                  row.asked);
        return;
    }
    const u32 wasted = row.given - row.asked;
    format_to(out, "  {:<24}{:>10}{:>10}{:>10}{:>6}%\n", row.way, row.asked, row.given,
              wasted, static_cast<u32>(u64{wasted} * 100 / row.given));
}

void print_rows(text_sink& out, const char* what, std::span<const waste_row> rows) {
    format_to(out, "\n{:<26}{:>10}{:>10}{:>10}\n", what, "asked", "given", "wasted");
    for (const waste_row& row : rows) print_row(out, row);
}

int run(text_sink& out) {
    const waste_figures figures = measure_waste();
    out.write(
        "Bytes asked for, bytes that are then nobody else's, and what of these is "
        "waste.\n");
    print_rows(out, "66 pages", figures.pages);
    print_rows(out, "100 objects of 100 bytes", figures.objects);
    print_waste_of_sizes(out);
    for (const std::span<const waste_row> rows :
         {std::span<const waste_row>(figures.pages),
          std::span<const waste_row>(figures.objects)})
        for (const waste_row& row : rows)
            if (row.given == 0) return ENOMEM;
    return 0;
}

}  // namespace

waste_figures measure_waste() {
    return {{block_of_pages(), exact_pages()},
            {objects_in_pages(), objects_by_kmalloc(), objects_in_a_cache()}};
}

void print_waste_of_sizes(text_sink& out) {
    format_to(out, "\n{:<16}{:>12}{:>16}{:>16}\n", "one object of", "kmalloc",
              "exact pages", "block of pages");
    for (const u32 size :
         {1u, 8u, 9u, 33u, 65u, 100u, 129u, 200u, 1000u, 1025u, 4097u, 20000u, 131073u}) {
        void* const object = kmalloc(size, quietly);
        if (!object) break;
        format_to(out, "{:>13}{:>15}{:>16}{:>16}\n", size, ksize(object),
                  align_up(size, PAGE_SIZE), PAGE_SIZE << order_for(size));
        kfree(object);
    }
}

REGISTER(demonstration, waste_demonstration) = {
    .name = "waste",
    .help = "what pages, kmalloc and caches take for what is asked (B11)",
    .run = run,
};
