#include "lib/benchmark.hpp"

#include "lib/assert.hpp"
#include "lib/parse.hpp"

namespace {

void sort(std::span<u64> values) {
    for (size_t i = 1; i < values.size(); ++i) {
        const u64 value = values[i];
        size_t place = i;
        for (; place > 0 && values[place - 1] > value; --place)
            values[place] = values[place - 1];
        values[place] = value;
    }
}

u64 rounded(u64 ticks, u32 operations) { return (ticks + operations / 2) / operations; }

enum class free_mode { in_order, reversed, shuffled };

// The rows of one kind. Each function is false when memory ran out.
class pair_rows {
public:
    pair_rows(bench_run& run, bench_kind& kind) : run_(run), kind_(kind) {}

    bool hot();
    bool batches();
    bool cold();

private:
    struct row_name {
        text_buffer<64> text;
        row_name(const char* kind, const char* row) { format_to(text, "{}.{}", kind, row); }
    };

    bool wants(const char* row) { return run_.wants(row_name(kind_.name, row).text.view()); }
    void report(const char* row, std::span<u64> ticks, u32 operations) {
        run_.report(row_name(kind_.name, row).text.view(), ticks, operations);
    }
    bool batch_round(free_mode mode, u64& alloc_ticks, u64& free_ticks);

    bench_run& run_;
    bench_kind& kind_;
};

bool pair_rows::hot() {
    if (!wants("pair_hot")) return true;
    const unsigned pairs = kind_.n >= 1000 ? 256 : kind_.n >= 100 ? 32 : 4;
    const std::span<u64> ticks = run_.space().ticks[0];
    for (u64& t : ticks) {
        const u64 start = run_.now();
        for (unsigned i = 0; i < pairs; ++i) {
            void* const object = kind_.alloc(kind_);
            if (!object) return false;
            kind_.free(kind_, object);
        }
        t = run_.now() - start;
    }
    report("pair_hot", ticks, pairs);
    return true;
}

bool pair_rows::batch_round(free_mode mode, u64& alloc_ticks, u64& free_ticks) {
    void** const objects = run_.space().objects;
    const u16* const permutation = run_.space().permutation;
    const unsigned n = kind_.n;

    u64 start = run_.now();
    unsigned got = 0;
    while (got < n && (objects[got] = kind_.alloc(kind_))) ++got;
    alloc_ticks = run_.now() - start;
    if (got < n) {
        while (got--) kind_.free(kind_, objects[got]);
        return false;
    }
    start = run_.now();
    switch (mode) {
        case free_mode::in_order:
            for (unsigned i = 0; i < n; ++i) kind_.free(kind_, objects[i]);
            break;
        case free_mode::reversed:
            for (unsigned i = n; i--;) kind_.free(kind_, objects[i]);
            break;
        case free_mode::shuffled:
            for (unsigned i = 0; i < n; ++i) kind_.free(kind_, objects[permutation[i]]);
            break;
    }
    free_ticks = run_.now() - start;
    return true;
}

bool pair_rows::batches() {
    static constexpr struct {
        free_mode mode;
        const char* row;
    } modes[] = {{free_mode::in_order, "free_order"},
                 {free_mode::reversed, "free_rev"},
                 {free_mode::shuffled, "free_rand"}};
    const std::span<u64> alloc_ticks = run_.space().ticks[0];
    const std::span<u64> free_ticks = run_.space().ticks[1];
    for (const auto& [mode, row] : modes) {
        const bool counts_allocations = mode == free_mode::in_order && wants("allocN");
        const bool counts_frees = wants(row);
        if (!counts_allocations && !counts_frees) continue;
        if (mode == free_mode::shuffled) run_.shuffle(kind_.n);
        for (unsigned round = 0; round < bench_run::rounds; ++round)
            if (!batch_round(mode, alloc_ticks[round], free_ticks[round])) return false;
        if (counts_allocations) report("allocN", alloc_ticks, kind_.n);
        if (counts_frees) report(row, free_ticks, kind_.n);
    }
    return true;
}

bool pair_rows::cold() {
    const bool counts_allocation = wants("cold1_alloc");
    const bool counts_free = wants("cold1_free");
    if ((!counts_allocation && !counts_free) || !run_.can_sweep()) return true;
    const std::span<u64> alloc_ticks(run_.space().ticks[0], bench_run::cold_rounds);
    const std::span<u64> free_ticks(run_.space().ticks[1], bench_run::cold_rounds);
    for (unsigned round = 0; round < bench_run::cold_rounds; ++round) {
        if (kind_.shrink) kind_.shrink(kind_);
        run_.sweep();
        u64 start = run_.now();
        void* const object = kind_.alloc(kind_);
        alloc_ticks[round] = run_.now() - start;
        if (!object) return false;
        run_.sweep();
        start = run_.now();
        kind_.free(kind_, object);
        free_ticks[round] = run_.now() - start;
    }
    if (counts_allocation) report("cold1_alloc", alloc_ticks, 1);
    if (counts_free) report("cold1_free", free_ticks, 1);
    return true;
}

}  // namespace

bench_run::bench_run(std::string_view glob, text_sink& out, storage& space,
                     const cache_sweeper* sweeper)
    : glob_(glob.empty() ? "*" : glob), out_(out), space_(space), sweeper_(sweeper) {}

bench_run::~bench_run() {
    if (!sweep_memory_.empty()) sweeper_->give_back(sweep_memory_);
}

bool bench_run::could_want(std::string_view beginning) const {
    return glob_could_match(glob_, beginning);
}

bool bench_run::wants(std::string_view row) {
    const bool wanted = glob_match(glob_, row);
    any_wanted_ |= wanted;
    return wanted;
}

void bench_run::shuffle(unsigned n) {
    u16* const p = space_.permutation;
    for (unsigned i = 0; i < n; ++i) p[i] = static_cast<u16>(i);
    for (unsigned i = n - 1; i > 0; --i) {
        const unsigned j = random() % (i + 1);
        const u16 other = p[i];
        p[i] = p[j];
        p[j] = other;
    }
}

bool bench_run::can_sweep() {
    if (!sweeper_asked_) {
        sweeper_asked_ = true;
        if (sweeper_) sweep_memory_ = sweeper_->borrow();
        if (!sweeper_)
            remark("no cold rows: nothing here can lend memory to sweep the caches with");
        else if (sweep_memory_.empty())
            remark("no cold rows: no {} MiB are free to sweep the caches with",
                   cache_sweep_size >> 20);
    }
    return !sweep_memory_.empty();
}

void bench_run::sweep() {
    volatile char* const memory = sweep_memory_.data();
    for (size_t i = 0; i < sweep_memory_.size(); i += 64) memory[i] = memory[i] + 1;
}

void bench_run::report(std::string_view row, std::span<u64> ticks, u32 operations) {
    sort(ticks);
    text_buffer<160> line;
    format_to(line, "bench {} median={} min={} n={}\n", row,
              rounded(ticks[ticks.size() / 2], operations), rounded(ticks[0], operations),
              ticks.size());
    out_.write(line.view());
}

void measure_pairs(bench_run& run, bench_kind& kind) {
    kassert(kind.n > 0 && kind.n <= bench_run::most_objects, "{} counts {} objects", kind.name,
            kind.n);
    pair_rows rows(run, kind);
    const bool enough = rows.hot() && (kind.n < 2 || (rows.batches() && rows.cold()));
    if (!enough) run.remark("{}: no memory for {} of them", kind.name, kind.n);
}
