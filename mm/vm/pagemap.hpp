// /proc/PID/pagemap: one word of 64 bits for each page of an address space (F7).
//
//     63        62       61      56          55 ... 0
//     present | swapped | file | exclusive | frame number
#pragma once

#include "mm/vm/mm_types.hpp"

#include <span>

inline constexpr u64 PM_PFRAME_MASK = (u64{1} << 55) - 1;
inline constexpr u64 PM_MMAP_EXCLUSIVE = u64{1} << 56;  // no other page table shows it
inline constexpr u64 PM_FILE = u64{1} << 61;            // or shared anonymous memory
inline constexpr u64 PM_SWAP = u64{1} << 62;
inline constexpr u64 PM_PRESENT = u64{1} << 63;

// The pages from `first` on, by number; how many words there were: fewer at 3 GiB.
u32 read_pagemap(mm_struct& mm, u32 first, std::span<u64> words);
