#include "arch/i386/tlb.hpp"

#include <cpu/tlb.hpp>
#include "lib/address.hpp"
#include "lib/assert.hpp"

DEFINE_PER_CPU(u32, tlb_counts)[tlb_events];

namespace {

constexpr const void* kernel_space = nullptr;

DEFINE_PER_CPU(const void*, loaded_space);
DEFINE_PER_CPU(u32, is_lazy);
DEFINE_PER_CPU(u32, is_stale);

[[gnu::always_inline]] inline void count(tlb_event event, u32 more = 1) {
    this_cpu_add(tlb_counts[static_cast<u32>(event)], more);
}

void drop_all() {
    count(tlb_event::all);
    tlb_drop_all();
}

void drop_space() {
    count(tlb_event::space);
    tlb_drop_space();
}

// A CPU that loads CR3 between these lines, in an interrupt, has forgotten already what
// it is told to forget.
[[gnu::always_inline]] inline bool must_act(const void* space, freed_tables freed) {
    if (space != this_cpu_read(loaded_space)) {
        count(tlb_event::not_loaded);
        return false;
    }
    if (freed != freed_tables::none || this_cpu_is_zero(is_lazy)) return true;
    this_cpu_write(is_stale, 1);
    count(tlb_event::lazy);
    return false;
}

// I2: here the CPUs are chosen: there is one.
[[gnu::always_inline]] inline void flush(const void* space, u32 start, u32 pages,
                                         freed_tables freed) {
    if (space != kernel_space && !must_act(space, freed)) return;
    if (freed == freed_tables::directories) return drop_space();
    if (pages > tlb_single_page_flush_ceiling)
        return space == kernel_space ? drop_all() : drop_space();
    count(tlb_event::range);
    count(tlb_event::page, pages);
    for (; pages > 0; --pages, start += PAGE_SIZE) tlb_drop_page(start);
}

}  // namespace

void flush_tlb_kernel_range(u32 start, u32 pages) {
    flush(kernel_space, start, pages, freed_tables::none);
}

void flush_tlb_space_range(const void* space, u32 start, u32 pages, freed_tables freed) {
    kassert(space != kernel_space, "user pages at {:#x} are of no space", start);
    flush(space, start, pages, freed);
}

void flush_tlb_all() { flush(kernel_space, 0, ~0u, freed_tables::none); }

void flush_tlb_top_entries(const void* space) {
    flush_tlb_space_range(space, 0, 0, freed_tables::directories);
}

bool tlb_enter_space(const void* space) {
    const bool must_load =
        space != this_cpu_read(loaded_space) || !this_cpu_is_zero(is_stale);
    this_cpu_write(is_lazy, 0);
    this_cpu_write(is_stale, 0);
    this_cpu_write(loaded_space, space);
    return must_load;
}

void tlb_enter_lazy() { this_cpu_write(is_lazy, 1); }

const void* tlb_loaded_space() { return this_cpu_read(loaded_space); }

u32 tlb_count(tlb_event event) {
    u32 sum = 0;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        sum += per_cpu(tlb_counts[static_cast<u32>(event)], cpu);
    return sum;
}
