// The three cases of the buddy system, seen (B5): `demo buddy`.
//
// A zone of 1024 frames of its own, with struct pages but no memory behind them, so
// nobody else takes part. The zone is the real one; the demonstration says beforehand
// what it will do, and shows the lists before and after.
//
//     1  256 pages are wanted, and a block of 256 is free   it is taken
//     2  there is only one of 512                           256 go back
//     3  there is only one of 1024                          512 and 256 go back
//
// After the second and after the third all blocks come back, and each is merged with
// its buddy (frame XOR 2^k) as long as that is free and of the same order.
//
// Each step is a call, so that a test can look at the zone in between.
#pragma once

#include "mm/phys/zone.hpp"

class buddy_demo {
public:
    static constexpr u32 frames = pageblock_nr_pages;
    static constexpr unsigned wanted = 8;  // order: 256 pages

    // 33 KiB: no stack is large enough.
    buddy_demo();
    buddy_demo(const buddy_demo&) = delete;
    buddy_demo& operator=(const buddy_demo&) = delete;

    void case_256_is_free(text_sink& out);
    void give_back_after_two(text_sink& out);
    void case_only_512(text_sink& out);
    void case_only_1024(text_sink& out);
    void give_back_after_three(text_sink& out);
    void run(text_sink& out);

    const zone& its_zone() const { return zone_; }
    const page& frame(u32 number) const { return map_[number]; }

private:
    u32 take();
    void give(u32 frame);
    void show_taking(text_sink& out);
    void show_giving(text_sink& out, u32 frame);
    void show_lists(text_sink& out, const char* when) const;

    page map_[frames];
    migrate_type block_type_ = MIGRATE_MOVABLE;
    zone zone_;
};
