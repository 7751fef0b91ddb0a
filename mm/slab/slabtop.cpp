#include "mm/slab/slabtop.hpp"

#include "lib/bytes.hpp"
#include "lib/clock.hpp"
#include "lib/command.hpp"
#include "lib/console.hpp"
#include "lib/errno.hpp"
#include "mm/slab/cache_list.hpp"

namespace {

constexpr u64 redraw_us = 1'000'000;

struct percent {
    u64 part, whole;
};
void format_value(text_sink& out, const format_spec& spec, percent p) {
    text_buffer<24> text;
    const u64 tenths = p.whole ? p.part * 1000 / p.whole : 0;
    format_to(text, "{}.{}%", tenths / 10, tenths % 10);
    format_padded(out, spec, text.view());
}

void print_sum(text_sink& out, const char* what, u32 active, u32 all) {
    format_to(out, " Active / Total {:<7} (% used)    : {} / {} ({})\n", what, active, all,
              percent{active, all});
}

// Names are those of caches that may be gone by now, but are constants.
void show_once(text_sink& out) {
    cache_sums sums;
    largest_caches largest;
    for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache)) {
        const cache_facts facts(*cache);
        sums.add(facts);
        largest.add(facts);
    }
    print_slabtop(out, sums, largest);
}

// Redraws in place: what a line had more before is wiped off, and no screen flickers.
class redrawing final : public text_sink {
public:
    explicit redrawing(text_sink& out) : out_(out) { out_.write("\x1b[H"); }
    ~redrawing() { out_.write("\x1b[J"); }
    redrawing(const redrawing&) = delete;
    redrawing& operator=(const redrawing&) = delete;

    void write(std::string_view text) override {
        for (size_t end; (end = text.find('\n')) != text.npos;
             text.remove_prefix(end + 1)) {
            out_.write(text.substr(0, end));
            out_.write("\x1b[K\n");
        }
        out_.write(text);
    }

private:
    text_sink& out_;
};

bool is_stopped() {
    char c;
    return monitor_interrupted() || console_try_getc(c);
}

int show_live(text_sink& out) {
    out.write("\x1b[2J");
    for (;;) {
        {
            redrawing screen(out);
            show_once(screen);
            screen.write("\nAny key ends it.\n");
        }
        for (const u64 until = uptime_us() + redraw_us; uptime_us() < until; cpu_relax())
            if (is_stopped()) return 0;
    }
}

}  // namespace

void cache_sums::add(const cache_facts& cache) {
    const slab_counts& counts = cache.counts;
    ++caches;
    active_caches += counts.active_objects > 0;
    objects += counts.total_objects;
    active_objects += counts.active_objects;
    slabs += counts.total_slabs;
    active_slabs += counts.active_slabs;
    bytes += u64{counts.total_objects} * cache.size;
    active_bytes += u64{counts.active_objects} * cache.size;
}

void largest_caches::add(const cache_facts& cache) {
    unsigned place = count_;
    while (place > 0 && caches_[place - 1].pages() < cache.pages()) --place;
    if (place == most) return;
    if (count_ < most) ++count_;
    for (unsigned i = count_ - 1; i > place; --i) caches_[i] = caches_[i - 1];
    caches_[place] = cache;
}

void print_slabtop(text_sink& out, const cache_sums& sums, const largest_caches& largest) {
    print_sum(out, "Objects", sums.active_objects, sums.objects);
    print_sum(out, "Slabs", sums.active_slabs, sums.slabs);
    print_sum(out, "Caches", sums.active_caches, sums.caches);
    format_to(out, " Active / Total Size    (% used)    : {} / {} ({})\n\n",
              byte_size{sums.active_bytes}, byte_size{sums.bytes},
              percent{sums.active_bytes, sums.bytes});
    out.write("  OBJS ACTIVE    USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME\n");
    for (const cache_facts& cache : largest.all())
        format_to(out, "{:>6} {:>6} {:>6} {:>8} {:>6} {:>8} {:>9}K {}\n",
                  cache.counts.total_objects, cache.counts.active_objects,
                  percent{cache.counts.active_objects, cache.counts.total_objects},
                  cache.size, cache.counts.total_slabs, cache.objects,
                  cache.pages() * (PAGE_SIZE / 1024),
                  std::string_view(cache.name).substr(0, 21));
}

REGISTER(monitor_command, slabtop_command) = {
    .name = "slabtop",
    .usage = "slabtop [-o]",
    .help = "the largest caches, drawn anew each second; -o: once",
    .run =
        [](command_line& line, text_sink& out) {
            if (line.count() == 0) return show_live(out);
            if (line.count() > 1 || line.arg(0) != "-o") {
                out.write("usage: slabtop [-o]\n");
                return EINVAL;
            }
            show_once(out);
            return 0;
        },
};
