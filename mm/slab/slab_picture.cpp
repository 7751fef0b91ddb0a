#include "mm/slab/slab_picture.hpp"

#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "mm/slab/cache_list.hpp"
#include "mm/slab/slab_merge.hpp"
#include "mm/slab/slabinfo.hpp"

namespace {

char cell(slab_visitor::state state) {
    switch (state) {
        case slab_visitor::state::in_use: return '#';
        case slab_visitor::state::free: return '.';
        case slab_visitor::state::on_cpu: return 'c';
    }
    return '?';
}

void print_heading(text_sink& out, const kmem_cache& cache, const cache_facts& facts) {
    const slab_counts& counts = facts.counts;
    format_to(out, "{}: objects of {} bytes in slots of {} ({})\n", cache.name,
              cache.object_size, cache.size, cache.strategy->name());
    alias_name name;
    for (u32 i = 0; alias_of(cache, i, name); ++i)
        format_to(out, "also called {}\n", name.view());
    format_to(out, "{} in use of {}, {} free on CPUs; {} slabs of {} in {} page{}\n\n",
              counts.active_objects - counts.cpu_objects, counts.total_objects,
              counts.cpu_objects, counts.total_slabs, facts.objects, facts.slab_pages,
              facts.slab_pages > 1 ? "s" : "");
}

void complete_names(completion_sink& to) {
    for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache)) {
        to.offer(cache->name);
        alias_name name;
        for (u32 i = 0; alias_of(*cache, i, name); ++i) to.offer(name.view());
    }
}

}  // namespace

const char* slab_picture::row::list() const {
    if (taken == 0) return "free";
    return taken == cells ? "full" : "partial";
}

void slab_picture::take(kmem_cache& cache) {
    const irq_state state = local_irq_save();
    cache.strategy->visit(cache, *this);
    local_irq_restore(state);
}

void slab_picture::slab(const page* head, const void* first) {
    ++slabs_;
    if (last_is_shown_) {
        const row& before = rows_[shown_slabs_ - 1];
        lines_ += before.lines();
        used_cells_ += before.shown;
    }
    // The first one is shown however long it is. Slabs of a cache are as long as each
    // other: what had its lines before needs them again.
    const u32 lines = shown_slabs_ > 0 ? rows_[0].lines() : 1;
    last_is_shown_ = lines_ + lines <= most_lines;
    if (!last_is_shown_) return;
    const auto start = reinterpret_cast<uintptr_t>(slab_start(head));
    rows_[shown_slabs_++] = {slab_start(head),
                             static_cast<u32>(reinterpret_cast<uintptr_t>(first) - start),
                             0, 0, 0};
}

void slab_picture::slot(void*, state state) {
    if (!last_is_shown_) return;
    row& row = rows_[shown_slabs_ - 1];
    ++row.cells;
    row.taken += state != state::free;
    if (row.shown == (most_lines - lines_) * cells_a_line) return;
    cells_[used_cells_ + row.shown++] = cell(state);
}

void slab_picture::print_row(text_sink& out, const row& row, const char* cells) const {
    format_to(out, "{:<12}{:>7}  {:<9}", row.start, row.first, row.list());
    for (u32 done = 0; done < row.shown; done += cells_a_line) {
        if (done > 0) format_to(out, "{:30}", "");
        out.write({cells + done, min_of(cells_a_line, row.shown - done)});
        out.put('\n');
    }
    if (row.shown == 0) out.put('\n');
    if (row.shown < row.cells)
        format_to(out, "{:30}... and {} objects more\n", "", row.cells - row.shown);
}

void slab_picture::print(text_sink& out) const {
    format_to(out, "{:<12}{:>7}  {:<9}# used   . free   c free, on a CPU\n", "slab",
              "first", "list");
    const char* cells = cells_;
    for (u32 i = 0; i < shown_slabs_; cells += rows_[i++].shown)
        print_row(out, rows_[i], cells);
    if (slabs_ > shown_slabs_)
        format_to(out, "... and {} slabs more\n", slabs_ - shown_slabs_);
}

int show_slabs(std::string_view name, text_sink& out) {
    kmem_cache* const cache = find_cache(name);
    if (!cache) {
        format_to(out, "slab: there is no cache \"{}\" (slabinfo names them)\n", name);
        return ENOENT;
    }
    slab_picture picture;
    picture.take(*cache);
    print_heading(out, *cache, cache_facts(*cache));
    picture.print(out);
    if (cache->strategy == &slub_strategy())
        out.write(
            "(In slub only partial slabs are on a list; full and free are told by "
            "cells.)\n");
    let_go_of_cache(*cache);
    return 0;
}

REGISTER(monitor_command, slab_command) = {
    .name = "slab",
    .usage = "slab CACHE",
    .help = "one cache, slab by slab: what is in use, free, on a CPU",
    .run =
        [](command_line& line, text_sink& out) {
            if (line.count() == 1) return show_slabs(line.arg(0), out);
            out.write("usage: slab CACHE\n");
            return EINVAL;
        },
    .complete = complete_names,
};
