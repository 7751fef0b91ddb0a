#include "mm/slab/slabinfo.hpp"

#include "lib/command.hpp"
#include "lib/proc_file.hpp"
#include "mm/slab/cache_list.hpp"
#include "mm/slab/slab_merge.hpp"

namespace {

void print_aliases(text_sink& out, const kmem_cache& cache) {
    alias_name name;
    if (!alias_of(cache, 0, name)) return;
    format_to(out, "# {} is also:", cache.name);
    for (u32 i = 0; alias_of(cache, i, name); ++i)
        format_to(out, "{} {}", i > 0 ? "," : "", name.view());
    out.put('\n');
}

}  // namespace

cache_facts::cache_facts(kmem_cache& cache)
    : name(cache.name),
      size(cache.size),
      objects(cache.objects),
      slab_pages(1u << cache.order),
      stack_limit(per_cpu(*cache.cpu_slab, 0).stack->limit),
      counts(cache.strategy->count(cache)) {}

void print_slabinfo_header(text_sink& out) {
    out.write(
        "slabinfo - version: 2.1\n"
        "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
        " : tunables <limit> <batchcount> <sharedfactor>"
        " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
}

void print_slabinfo_line(text_sink& out, const cache_facts& cache) {
    format_to(out, "{:<17} {:>6} {:>6} {:>6} {:>4} {:>4}", cache.name,
              cache.counts.active_objects, cache.counts.total_objects, cache.size,
              cache.objects, cache.slab_pages);
    format_to(out, " : tunables {:>4} {:>4} {:>4}", cache.stack_limit,
              (cache.stack_limit + 1) / 2, 0);
    format_to(out, " : slabdata {:>6} {:>6} {:>6}\n", cache.counts.active_slabs,
              cache.counts.total_slabs, 0);
}

void print_slabinfo(text_sink& out) {
    print_slabinfo_header(out);
    for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache)) {
        print_slabinfo_line(out, cache_facts(*cache));
        print_aliases(out, *cache);
    }
}

REGISTER(proc_file, slabinfo_file) = {.path = "slabinfo", .mode = 0400, .show = print_slabinfo};

REGISTER(monitor_command, slabinfo_command) = {
    .name = "slabinfo",
    .usage = "slabinfo",
    .help = "all caches, as /proc/slabinfo has them (slabtop -o is narrower)",
    .run = [](command_line&, text_sink& out) {
        print_slabinfo(out);
        return 0;
    },
};
