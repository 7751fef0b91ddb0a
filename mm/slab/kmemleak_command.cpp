// kmemleak: what the search found, in Linux's words.
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/symbol.hpp"
#include "mm/slab/kmemleak.hpp"
#include "mm/slab/slab_debug.hpp"

namespace {

class leak_printer final : public leak_sink {
public:
    explicit leak_printer(text_sink& out) : out_(out) {}

    void leak(const leaked_object& leaked) override {
        if (++told_ > most_told) return;
        format_to(out_, "unreferenced object {:p} (size {}) of {}\n", leaked.object,
                  leaked.size, leaked.cache.name);
        if (!(leaked.cache.flags & SLAB_STORE_USER)) return;
        const slab_track& track = alloc_track(leaked.cache, leaked.object);
        if (track.caller == 0) return;
        format_to(out_, "  allocated in {} cpu={} at {} ms\n", code_address{track.caller},
                  track.cpu, track.milliseconds);
        knows_callers_ = true;
    }

    void tell_sum(const leak_counts& counts) {
        if (told_ > most_told) format_to(out_, "... and {} more\n", told_ - most_told);
        format_to(out_, "kmemleak: {} of {} objects in use are pointed to from nowhere\n",
                  counts.leaked, counts.objects);
        if (counts.leaked > 0 && !knows_callers_)
            out_.write(
                "Who allocated them is noted when Loci is booted with slub_debug=U.\n");
    }

private:
    static constexpr u32 most_told = 20;
    text_sink& out_;
    u32 told_ = 0;
    bool knows_callers_ = false;
};

}  // namespace

bool print_leaks(text_sink& out) {
    leak_printer printer(out);
    const auto counts = find_leaks(printer);
    if (!counts) {
        out.write("kmemleak: there is no memory for the tables of the search\n");
        return false;
    }
    printer.tell_sum(*counts);
    return true;
}

REGISTER(monitor_command, kmemleak_command) = {
    .name = "kmemleak",
    .usage = "kmemleak",
    .help = "objects that nothing points to any more (in a DEBUG=1 kernel)",
    .run = [](command_line&, text_sink& out) -> int {
        if constexpr (dear_checks) return print_leaks(out) ? 0 : ENOMEM;
        out.write("kmemleak: only a kernel that was built with DEBUG=1 looks for leaks\n");
        return ENOSYS;
    },
};
