#include "mm/slab/slabs_demo.hpp"

#include "lib/errno.hpp"
#include "lib/format.hpp"
#include "lib/random.hpp"
#include "mm/phys/vmstat.hpp"

namespace {

constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;
constexpr u64 seed = 2006;  // any will do, if it is the same for all

u32 slab_pages() { return vm_counters.slab_reclaimable + vm_counters.slab_unreclaimable; }

// Large sizes are rarer than small ones; the second time less so.
u32 first_choice(random_source& random) {
    return min_of(random.below(slabs_demo::nr_caches), random.below(slabs_demo::nr_caches));
}
u32 second_choice(random_source& random) { return random.below(slabs_demo::nr_caches); }

void print_moment(text_sink& out, const char* when, const char* what, u32 bytes) {
    format_to(out, "  {:<7}{:<46}{:>7} bytes\n", when, what, bytes);
}

void print_row(text_sink& out, const char* name, const slabs_figures& f) {
    format_to(out, "  {:<7}{:>6}{:>6}{:>6}{:>6}{:>8} %{:>6} %{:>6} %", name, f.full.pages,
              f.half.pages, f.again.pages, f.none.pages, f.full.waste(), f.half.waste(),
              f.again.waste());
    if (f.alloc_ticks > 0)
        format_to(out, "{:>9}{:>7}\n", f.alloc_ticks, f.free_ticks);
    else
        format_to(out, "{:>9}{:>7}\n", "-", "-");
}

}  // namespace

bool slabs_demo::make_caches(slab_strategy& strategy) {
    for (u32 i = 0; i < nr_caches; ++i) {
        caches_[i] = kmem_cache_create_with(strategy, "demo-slabs", sizes[i], 0,
                                            SLAB_NO_MERGE, nullptr);
        if (!caches_[i]) return false;
    }
    return true;
}

bool slabs_demo::alloc(u32 index, u32 cache) {
    const u64 start = now();
    objects_[index] = kmem_cache_alloc(caches_[cache], quiet);
    alloc_ticks_ += now() - start;
    ++allocs_;
    if (!objects_[index]) return false;
    cache_of_[index] = static_cast<u8>(cache);
    bytes_ += sizes[cache];
    return true;
}

void slabs_demo::free(u32 index) {
    const u64 start = now();
    kmem_cache_free(caches_[cache_of_[index]], objects_[index]);
    free_ticks_ += now() - start;
    ++frees_;
    objects_[index] = nullptr;
    bytes_ -= sizes[cache_of_[index]];
}

void slabs_demo::free_all() {
    for (u32 i = 0; i < nr_objects; ++i)
        if (objects_[i]) free(i);
}

slabs_moment slabs_demo::moment() const { return {slab_pages() - pages_before_, bytes_}; }

bool slabs_demo::work(slabs_figures& figures) {
    random_source random(seed);
    for (u32 i = 0; i < nr_objects; ++i)
        if (!alloc(i, first_choice(random))) return false;
    figures.full = moment();
    for (u32 left = nr_objects; left > nr_objects / 2;) {
        const u32 i = random.below(nr_objects);
        if (!objects_[i]) continue;
        free(i);
        --left;
    }
    figures.half = moment();
    for (u32 i = 0; i < nr_objects; ++i)
        if (!objects_[i] && !alloc(i, second_choice(random))) return false;
    figures.again = moment();
    free_all();
    figures.none = moment();
    for (kmem_cache* const cache : caches_) kmem_cache_shrink(cache);
    figures.pages_after_shrink = moment().pages;
    return true;
}

std::optional<slabs_figures> slabs_demo::measure(slab_strategy& strategy) {
    alloc_ticks_ = free_ticks_ = 0;
    allocs_ = frees_ = 0;
    slabs_figures figures{};
    bool done = make_caches(strategy);
    if (done) {
        pages_before_ = slab_pages();
        done = work(figures);
        free_all();
    }
    for (kmem_cache*& cache : caches_) {
        kmem_cache_destroy(cache);
        cache = nullptr;
    }
    if (!done) return {};
    figures.alloc_ticks = static_cast<u32>(alloc_ticks_ / allocs_);
    figures.free_ticks = static_cast<u32>(free_ticks_ / frees_);
    return figures;
}

int slabs_demo::run(text_sink& out) {
    slabs_figures figures[std::size(compared_strategies)];
    u32 least = 0;
    for (u32 i = 0; i < std::size(figures); ++i) {
        const auto measured = measure(compared_strategies[i]());
        if (!measured) {
            format_to(out, "demo slabs: there is not enough memory\n");
            return ENOMEM;
        }
        figures[i] = *measured;
        if (figures[i].again.pages < figures[least].again.pages) least = i;
    }
    format_to(out, "{} objects of {} caches, {} to {} bytes each:\n", nr_objects, nr_caches,
              sizes[0], sizes[nr_caches - 1]);
    print_moment(out, "full", "all are there", figures[0].full.bytes);
    print_moment(out, "half", "half of them, by chance, were freed", figures[0].half.bytes);
    print_moment(out, "again", "as many were allocated, larger ones more often",
                 figures[0].again.bytes);
    print_moment(out, "none", "all were freed; what pages remain, caches keep", 0);
    out.write("\n"
              "         pages                   of them nobody asked for    ticks\n"
              "          full  half again  none    full    half   again    alloc   free\n");
    for (u32 i = 0; i < std::size(figures); ++i)
        print_row(out, compared_strategies[i]().name(), figures[i]);
    format_to(out, "\nThe fewest pages in the end: {}.\n",
              compared_strategies[least]().name());
    return 0;
}
