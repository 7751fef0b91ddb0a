#include "lib/sync/percpu.hpp"

namespace {

constinit percpu_space space;

}  // namespace

percpu_space& the_percpu_space() { return space; }

std::optional<size_t> percpu_space::alloc(size_t size, size_t align) {
    kassert(size > 0 && align <= most_aligned, "per-CPU data of {} bytes, aligned to {}", size,
            align);
    if (size > PERCPU_DYNAMIC_SIZE) return std::nullopt;
    const size_t count = (size + unit - 1) / unit;
    lock_guard held(lock_);
    const auto first = used_locked().find_zero_range(count, max_of(align / unit, size_t{1}));
    if (!first) return std::nullopt;
    used_locked().set_range(*first, count);
    ends_locked().set(*first + count - 1);
    return *first * unit;
}

void percpu_space::free(size_t offset) {
    const size_t first = offset / unit;
    lock_guard held(lock_);
    bitmap used = used_locked(), ends = ends_locked();
    kassert(offset < PERCPU_DYNAMIC_SIZE && offset % unit == 0, "per-CPU offset {} is freed",
            offset);
    kassert(used.test(first), "per-CPU offset {} is freed, but is free", offset);
    kassert(first == 0 || !used.test(first - 1) || ends.test(first - 1),
            "per-CPU offset {} is freed, but is inside a variable", offset);
    const auto last = ends.find_next_set(first);
    kassert(last && used.all_set(first, *last - first + 1), "per-CPU I2: {} has no end", offset);
    used.clear_range(first, *last - first + 1);
    ends.clear(*last);
}

size_t percpu_space::free_bytes() {
    lock_guard held(lock_);
    return (units - used_locked().count()) * unit;
}

void percpu_space::check_invariants() {
    lock_guard held(lock_);
    const bitmap used = used_locked(), ends = ends_locked();
    used.check_invariants();
    for (size_t i = 0; i < units; ++i) {
        kassert(used.test(i) || !ends.test(i), "per-CPU I1: unit {} is free, and an end", i);
        const bool successor_free = i + 1 == units || !used.test(i + 1);
        kassert(!used.test(i) || !successor_free || ends.test(i),
                "per-CPU I2: unit {} is the last in use, and no end", i);
    }
}
