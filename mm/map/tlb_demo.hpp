// What the linear map gains by large and global pages, seen (spec A4): `demo tlb`.
//
// A TLB of a usual size, modelled: enough of it to count hits and misses.
//
//     4 KiB pages   16 sets of 4       the page's number chooses the set
//     large pages    1 set of 8        2 MiB each
//
// A miss takes the place of the entry of its set that has not been used for longest. To
// load CR3 drops what is not global.
//
// Left out: a second level, instructions apart from data, and what a miss costs.
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

class demo_tlb {
public:
    static constexpr u32 ways = 4, sets = 16, large_entries = 8;
    static constexpr unsigned small_shift = 12, large_shift = 21;

    enum class size : u8 { small, large };
    enum class kind : u8 { local, global };

    // Whether it was there; now it is.
    bool access(u32 address, size size, kind kind);
    void load_cr3();

private:
    struct entry {
        u32 page = 0;  // its number; 0 stands for none
        kind what = kind::local;
    };
    static bool access(entry* first, u32 count, u32 page, kind kind);

    // The one that was used last is in front.
    entry small_[sets][ways];
    entry large_[large_entries];
};

void show_tlb_demo(text_sink& out);
