// `demo highmem`: one page of high memory, three addresses (spec C1 to C3).
//
//                          kmap           PKMAP window ----+
//     a frame above  --->  kmap_atomic    fixmap slot  ----+--->  the same 4 KiB
//     the linear map       vmap           vmalloc area ----+
//
// Each way in turn fills the page with a pattern of its own, and the other two compare;
// then all three are given back, and the addresses must lead nowhere.
#pragma once

#include "lib/address.hpp"
#include "lib/format.hpp"

#include <optional>

struct highmem_figures {
    static constexpr u32 ways = 3;
    static constexpr const char* names[ways] = {"kmap", "kmap_atomic", "vmap"};
    static constexpr u32 words = PAGE_SIZE / sizeof(u32);

    pfn frame;
    u32 address[ways] = {};
    u32 pattern[ways] = {};           // the first word; each further one is one more
    u32 equal_words[ways][ways] = {};  // [who wrote][who read]
    bool faults[ways] = {};           // when it is given back
};

// Nothing: no page of high memory, or no address for it.
std::optional<highmem_figures> measure_highmem();
int demo_highmem(text_sink& out);
