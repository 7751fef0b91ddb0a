// Things worth measuring, registered by whoever owns them. What is registered is a
// family: it may report several rows, whose names all begin with the family's.
//
//     REGISTER(benchmark, page_bench) = {
//         .name = "pages_order",
//         .run = [](bench_run& run) {
//             for (u32 order = 0; order < MAX_ORDER; ++order) measure_pairs(run, ...);
//         },
//     };
//
//     bench pages_order0.pair_hot median=131 min=131 n=51
//           `- family -'
//           `---- kind ---' `- row -'
//
// A figure is in ticks of the time stamp counter for one operation; under QEMU's
// -icount a tick is one instruction. The median of the rounds is what counts, so
// interrupts stay on while it is taken: those few rounds that a tick hits fall out.
//
// The rows, and what exactly each of them does, are those that Linux was measured
// with (docs/bench): the batch sizes, the orders of freeing, the random numbers.
// What remains in a figure besides the work, two indirect calls and a loop, is in
// both; the rows `empty.*` say how much it is.
//
//     pair_hot                 allocate, free the same; 256, 32 or 4 pairs a round
//     allocN                   n allocations one after another
//     free_order, _rev, _rand  freeing n objects, in which order
//     cold1_alloc, cold1_free  a single one, when the caches hold something else
#pragma once

#include <cpu/tsc.hpp>
#include "lib/format.hpp"
#include "lib/registry.hpp"

#include <span>
#include <string_view>

class bench_run;

struct benchmark {
    const char* name;
    void (*run)(bench_run& run);
};
DECLARE_REGISTRY(benchmark);

// Supplies the memory that is written to for the cold rows: 8 MiB, more than caches
// hold. Nothing, if there is not so much: then there are no cold rows.
struct cache_sweeper {
    std::span<char> (*borrow)();
    void (*give_back)(std::span<char> memory);
};
inline constexpr size_t cache_sweep_size = 8u << 20;

// One run of the command `bench`: which rows are wanted, where they go, and room for
// what is measured.
class bench_run {
public:
    static constexpr unsigned rounds = 51;
    static constexpr unsigned cold_rounds = 31;
    static constexpr unsigned most_objects = 1000;

    // Static, somewhere: a stack of 8 KiB has no room for it.
    struct storage {
        void* objects[most_objects];
        u16 permutation[most_objects];
        u64 ticks[2][rounds];
    };

    // `sweeper` may be null. An empty glob wants everything.
    bench_run(std::string_view glob, text_sink& out, storage& space,
              const cache_sweeper* sweeper);
    ~bench_run();
    bench_run(const bench_run&) = delete;
    bench_run& operator=(const bench_run&) = delete;

    // A family starts: its random numbers are the same whatever ran before.
    void begin_family() { seed_ = first_seed; }
    // Whether a row that begins so could be wanted.
    bool could_want(std::string_view beginning) const;
    // Whether this one is; a family does not measure what nobody wants.
    bool wants(std::string_view row);
    // Whether anything was wanted so far.
    bool any_wanted() const { return any_wanted_; }

    static u64 now() { return read_tsc(); }
    storage& space() { return space_; }
    // Marsaglia's xorshift, "Xorshift RNGs", 2003.
    u32 random() {
        seed_ ^= seed_ << 13;
        seed_ ^= seed_ >> 17;
        seed_ ^= seed_ << 5;
        return seed_;
    }
    // Fills space().permutation with 0 ... n-1, shuffled.
    void shuffle(unsigned n);

    // Writes one byte a cache line. False, and said once, when there is no memory
    // to do it with.
    bool can_sweep();
    void sweep();

    // Sorts the ticks; each is for `operations` of what the row counts.
    void report(std::string_view row, std::span<u64> ticks, u32 operations);

    // A line that is no figure.
    template <class... Args>
    void remark(format_string<Args...> format, const Args&... args) {
        text_buffer<120> line;
        line.write("# ");
        format_to(line, format, args...);
        line.write("\n");
        out_.write(line.view());
    }

private:
    static constexpr u32 first_seed = 2463534242;

    std::string_view glob_;
    text_sink& out_;
    storage& space_;
    const cache_sweeper* sweeper_;
    std::span<char> sweep_memory_;
    u32 seed_ = first_seed;
    bool any_wanted_ = false;
    bool sweeper_asked_ = false;
};
static_assert(sizeof(void*) != 4 || sizeof(bench_run::storage) <= 8 << 10);

// Anything that is allocated and freed. `n` objects, at most bench_run::most_objects,
// are alive at a time in the rows that count them.
struct bench_kind {
    const char* name;
    void* (*alloc)(bench_kind& kind);  // null: no memory
    void (*free)(bench_kind& kind, void* object);
    unsigned n;
    u32 argument = 0;                           // the kind's own: a size, an order
    void* context = nullptr;                    // likewise: a cache
    void (*shrink)(bench_kind& kind) = nullptr;  // before each cold allocation
};

// All rows of the kind that are wanted. If memory runs out, what was allocated is
// freed, a remark tells of it, and the rows that are left are left out.
void measure_pairs(bench_run& run, bench_kind& kind);

// One row: `body` is done `count` times a round. `stirring` rounds are not measured.
template <class Body>
void measure_loop(bench_run& run, std::string_view row, u32 count, Body body,
                  unsigned stirring = 0) {
    if (!run.wants(row)) return;
    for (u32 i = 0; i < stirring * count; ++i) body();
    for (u64& ticks : run.space().ticks[0]) {
        const u64 start = run.now();
        for (u32 i = 0; i < count; ++i) body();
        ticks = run.now() - start;
    }
    run.report(row, run.space().ticks[0], count);
}

// One row: `body` is done once a round, and does `operations` of what the row counts.
// `prepare` comes before each round, and is not measured.
template <class Body, class Prepare = void (*)()>
void measure_round(bench_run& run, std::string_view row, u32 operations, Body body,
                   Prepare prepare = [] {}) {
    if (!run.wants(row)) return;
    for (u64& ticks : run.space().ticks[0]) {
        prepare();
        const u64 start = run.now();
        body();
        ticks = run.now() - start;
    }
    run.report(row, run.space().ticks[0], operations);
}
