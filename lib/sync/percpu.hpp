// Per-CPU variables (spec B10): one copy a CPU, so that no CPU waits for another.
// <cpu/percpu.hpp> has the static ones and the accessors; here is how to stay on a
// CPU while one is used, and variables that are made at run time.
//
//     u32& hits = get_cpu_var(cache_hits);        per_cpu_var<u32>* p =
//     ++hits;                                         alloc_percpu<u32>();
//     put_cpu_var(cache_hits);                    this_cpu_add(*p, 1);
//
// A dynamic variable is reached like a static one. Behind its static variables every
// CPU has PERCPU_DYNAMIC_SIZE bytes more, and all CPUs use them alike: the variable
// lies at the same place of each.
//
//     CPU 0   | static  | ab..cccc.. |       offsets in use are the same in all;
//     CPU 1   | static  | ab..cccc.. |       two bitmaps know them, a bit for each
//     ...     | static  | ab..cccc.. |       four bytes:
//                         `- dynamic
//             used_         11001111 00
//             ends_         11000001 00      the last unit of each variable
//
// What alloc_percpu returns is the variable's name, not one of its copies: on an i386
// its address in the template, from which %fs leads to this CPU's copy. It is never
// dereferenced, only given to per_cpu(), this_cpu() and their like.
//
// I1: a bit of ends_ is set at used units only.
// I2: a used unit whose successor is free has its bit in ends_.
//
// First fit from the bottom: there are few of these, and they live long. Left out:
// more areas when this one is full; alloc_percpu then returns null.
#pragma once

#include <cpu/percpu.hpp>
#include "lib/bitmap.hpp"
#include "lib/spinlock.hpp"
#include "lib/string.hpp"
#include "lib/sync/preempt.hpp"

// This CPU's copy, for a caller who would otherwise be moved to another one.
template <class T>
T& get_cpu_var(per_cpu_var<T>& variable) {
    preempt_disable();
    return this_cpu(variable);
}
template <class T>
void put_cpu_var(per_cpu_var<T>&) {
    preempt_enable();
}

// Which parts of the dynamic area are in use. The kernel has one, a test its own.
class percpu_space {
public:
    static constexpr size_t unit = 4;
    static constexpr size_t units = PERCPU_DYNAMIC_SIZE / unit;
    static constexpr size_t most_aligned = 64;  // what the area itself is

    constexpr percpu_space() = default;

    // An offset into the area. `size` is not 0, `align` a power of two, at most 64.
    std::optional<size_t> alloc(size_t size, size_t align) EXCLUDES(lock_);
    // Of what alloc returned: anything else is a bug.
    void free(size_t offset) EXCLUDES(lock_);

    size_t free_bytes() EXCLUDES(lock_);
    void check_invariants() EXCLUDES(lock_);

private:
    bitmap used_locked() REQUIRES(lock_) { return {used_, units}; }
    bitmap ends_locked() REQUIRES(lock_) { return {ends_, units}; }

    irq_spinlock lock_{"the per-CPU space"};
    bitmap::word used_[bitmap::words_for(units)] GUARDED_BY(lock_) = {};
    bitmap::word ends_[bitmap::words_for(units)] GUARDED_BY(lock_) = {};
};

percpu_space& the_percpu_space();

// Zeroed on every CPU; null when the area is full.
template <class T>
[[nodiscard]] per_cpu_var<T>* alloc_percpu() {
    static_assert(alignof(T) <= percpu_space::most_aligned);
    static_assert(std::is_trivially_destructible_v<T>);
    const auto offset = the_percpu_space().alloc(sizeof(T), alignof(T));
    if (!offset) return nullptr;
    auto* const variable = static_cast<per_cpu_var<T>*>(per_cpu_dynamic(*offset));
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        memset(static_cast<void*>(&per_cpu(*variable, cpu)), 0, sizeof(T));
    return variable;
}

// null is fine.
template <class T>
void free_percpu(per_cpu_var<T>* variable) {
    if (variable) the_percpu_space().free(per_cpu_dynamic_offset(variable));
}

template <class T>
T* per_cpu_ptr(per_cpu_var<T>* variable, unsigned cpu) {
    return &per_cpu(*variable, cpu);
}
// The caller cannot move to another CPU while it uses the result.
template <class T>
T* this_cpu_ptr(per_cpu_var<T>* variable) {
    return &this_cpu(*variable);
}
