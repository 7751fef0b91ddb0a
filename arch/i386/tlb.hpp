// The TLB: what a CPU remembers of page tables, and how it is made to forget (spec A4).
//
//     page tables in memory  --(CPU looks, whenever it likes)-->  TLB  -->  accesses
//            |                                                     ^
//            `---- an entry becomes less than it was --- flush ----'
//
// A CPU may keep any translation that it could have found, and the tables on the way to
// it, until it is told otherwise. An entry that was absent needs no flush, for nothing
// absent is kept; all else does:
//
//                                a page   loading CR3   all
//     user pages                   x           x         x     dropped by
//     global (kernel) pages        x           -         x
//     tables above the pages       x           x         x
//     PAE's four top entries       -           x         x
//
// A page costs some 200 cycles, and everything else is found again at 30 each: beyond
// tlb_single_page_flush_ceiling pages, more is dropped than was asked for.
//
// Address spaces are named by whatever pointer their owner likes. A CPU has one loaded;
// entries of others are not in its TLB, for whoever loads CR3 drops them. A kernel thread
// has none of its own and borrows the one that is loaded (a lazy CPU): it touches no user
// page, so flushes wait until a task of that space runs. Tables that are freed do not
// wait: the CPU may walk them at any time, and write its marks into what they are then.
//
// I1: what is unmapped is freed after the flush, never before (mm/map/mmu_gather.hpp).
// I2: every flush names its range and its space, and passes through flush() in tlb.cpp:
//     where there are several CPUs, a mask of those that have the space loaded is
//     consulted there.
// I3: a lazy CPU with a flush that waits is stale; a stale CPU loads CR3 before a task of
//     that space runs.
//
// Left out: PCIDs, and interrupting other CPUs (one is started for now).
#pragma once

#include <cpu/percpu.hpp>
#include <cpu/tlb.hpp>
#include "lib/types.hpp"

inline constexpr u32 tlb_single_page_flush_ceiling = 33;

// Which tables an unmap took out, next to pages.
enum class freed_tables : u8 { none, of_pages, directories };

// Of the kernel's addresses, the same in every space. `start` is a multiple of PAGE_SIZE.
void flush_tlb_kernel_range(u32 start, u32 pages);

// Of user addresses; nothing to do where the space is not loaded.
void flush_tlb_space_range(const void* space, u32 start, u32 pages,
                           freed_tables freed = freed_tables::none);

// Global ones, too.
void flush_tlb_all();

// PAE: one of the four top entries has changed. They are kept until CR3 is loaded, also
// those that were absent.
void flush_tlb_top_entries(const void* space);

// ---- for whoever switches tasks ----------------------------------------------------
// A task of that space runs here next. Whether CR3 must be loaded, now.
[[nodiscard]] bool tlb_enter_space(const void* space);
// A kernel thread runs here next.
void tlb_enter_lazy();
// The space whose tables are loaded; null: the kernel's own.
const void* tlb_loaded_space();

// ---- what was done -----------------------------------------------------------------
enum class tlb_event : u8 { page, range, space, all, not_loaded, lazy };
inline constexpr u32 tlb_events = 6;

// Of all CPUs together.
u32 tlb_count(tlb_event event);

DECLARE_PER_CPU(u32, tlb_counts)[tlb_events];

// One page of the kernel's that only this CPU has ever touched: no other need know.
inline void flush_tlb_local_page(u32 address) {
    this_cpu_add(tlb_counts[static_cast<u32>(tlb_event::page)], 1);
    tlb_drop_page(address);
}
