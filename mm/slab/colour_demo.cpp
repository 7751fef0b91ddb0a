#include "mm/slab/colour_demo.hpp"

#include <cpu/tsc.hpp>
#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "lib/scope_guard.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

constexpr const char* kind_name(colour_demo::kind kind) {
    return kind == colour_demo::kind::coloured ? "coloured" : "uncoloured";
}
constexpr colour_demo::kind both_kinds[] = {colour_demo::kind::uncoloured,
                                            colour_demo::kind::coloured};

// Where slabs begin and their first objects, in the order in which they were filled.
struct slab_collector final : slab_visitor {
    slab_collector(uintptr_t* starts, uintptr_t* firsts) : start(starts), first(firsts) {}
    void slab(const page* head, const void* object) override {
        if (count == colour_demo::slabs) return;
        start[count] = reinterpret_cast<uintptr_t>(slab_start(head));
        first[count++] = reinterpret_cast<uintptr_t>(object);
    }
    void slot(void*, state) override {}

    uintptr_t* start;
    uintptr_t* first;
    u32 count = 0;
};

}  // namespace

colour_demo* colour_demo::make() {
    auto* const demo = new (GFP_KERNEL | __GFP_NOWARN) colour_demo;
    if (!demo || demo->fill()) return demo;
    destroy(demo);
    return nullptr;
}

void colour_demo::destroy(colour_demo* demo) {
    if (demo) demo->~colour_demo();
    kfree(demo);
}

colour_demo::~colour_demo() {
    while (void* const object = last_) {
        last_ = *static_cast<void**>(object);
        kmem_cache_free(cache_, object);
    }
    kmem_cache_destroy(cache_);
}

// The cache and its slabs. False: there is no memory for them.
bool colour_demo::fill() {
    cache_ = kmem_cache_create_with(bonwick_strategy(), "colour_demo", object_size, 0,
                                    SLAB_NO_MERGE | SLAB_NO_USER_FLAGS, nullptr);
    if (!cache_) return false;
    for (u32 i = 0; i < slabs * cache_->objects; ++i) {
        void* const object = kmem_cache_alloc(cache_, GFP_KERNEL | __GFP_NOWARN);
        if (!object) return false;
        *static_cast<void**>(object) = last_;
        last_ = object;
    }
    slab_collector collector(start_, first_);
    cache_->strategy->visit(*cache_, collector);
    return collector.count == slabs;
}

u32 colour_demo::misses(kind kind) const {
    model cache;
    for (u32 round = 0; round < rounds; ++round)
        for (u32 i = 0; i < slabs; ++i) cache.access(address(kind, i));
    return cache.misses();
}

// The shortest of a few times: interrupts make the others longer.
u64 colour_demo::ticks(kind kind) const {
    u64 shortest = ~u64{0};
    for (u32 attempt = 0; attempt < 9; ++attempt) {
        const u64 start = read_tsc();
        for (u32 round = 0; round < rounds; ++round)
            for (u32 i = 0; i < slabs; ++i)
                static_cast<void>(*reinterpret_cast<volatile u32*>(address(kind, i)));
        shortest = min_of(shortest, read_tsc() - start);
    }
    return shortest;
}

// A column for each slab, a row for each place where a first object lies.
void colour_demo::show_offsets(text_sink& out) const {
    format_to(out, "Objects of {} bytes, {} in a slab of {}. Where the first one lies, from\n"
                   "the slab's beginning: slabs from left to right, in the order they were made.\n\n",
              object_size, cache_->objects, cache_->slab_bytes());
    u32 lowest = offset(0);
    for (u32 i = 1; i < slabs; ++i) lowest = min_of(lowest, offset(i));
    for (u32 colour = colours(); colour-- > 0;) {
        const u32 row = lowest + colour * colour_step();
        format_to(out, "  {:>5} |", row);
        for (u32 i = 0; i < slabs; ++i) out.put(offset(i) == row ? '*' : ' ');
        out.put('\n');
    }
    out.write("        `----------------------------------------------------------------\n"
              "         0                                                            63\n");
}

void colour_demo::show_misses(text_sink& out) const {
    format_to(out, "\nThe first objects are looked at in turn, {} times. In a modelled cache of\n"
                   "32 KiB, {} sets of 8 lines of 64 bytes:\n\n",
              rounds, model::sets);
    for (const kind kind : both_kinds)
        format_to(out, "  {:<12}{:>4} misses of {}\n", kind_name(kind), misses(kind),
                  rounds * slabs);
    out.write("\nAll slabs begin in set 0, where 8 lines have room: each of the 64 is gone\n"
              "before its turn comes again. Coloured, each is missed once, the first time.\n");
}

void colour_demo::show_clock(text_sink& out) const {
    if (!has_tsc()) {
        out.write("\nThis processor has no clock to measure that with.\n");
        return;
    }
    out.write("\nBy this processor's clock (which means something on real hardware only: an\n"
              "emulator has no cache):\n\n");
    for (const kind kind : both_kinds)
        format_to(out, "  {:<12}{:>8} ticks\n", kind_name(kind), ticks(kind));
}

REGISTER(demonstration, colour_demonstration) = {
    .name = "colour",
    .help = "slab's colours: where objects lie, and what the processor's cache makes of it",
    .run = [](text_sink& out) {
        colour_demo* const demo = colour_demo::make();
        const scope_guard give_back([&] { colour_demo::destroy(demo); });
        if (!demo) {
            format_to(out, "demo colour: there is no memory for {} slabs\n", colour_demo::slabs);
            return ENOMEM;
        }
        demo->show_offsets(out);
        demo->show_misses(out);
        demo->show_clock(out);
        return 0;
    },
};
