// A process's memory is a list of areas: ranges that have the same rights and show the
// same thing. mmap() and its kin change areas, not pages: neighbours that are alike become
// one, and what changes a part of one splits it. The heap is an area, too, whose end is
// brk.
#include "user/demos/demo.hpp"

namespace {

void show(const char* what, u32 begin, u32 end, u32 expected) {
    char rights[64];
    const u32 count = areas_in(begin, end, rights, sizeof rights);
    see(count == expected, "{:<34} {} {}: {}", what, count, count == 1 ? "area" : "areas",
        rights);
}

}  // namespace

DEMONSTRATION(areas, "areas", "F1 F3", "areas are split where they change, and merged") {
    // Three pages amid pages of their own, so that no neighbour is like them.
    const u32 room = anonymous(5, PROT_NONE);
    const u32 begin = room + PAGE_SIZE, end = begin + 3 * PAGE_SIZE;
    constexpr u32 fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    for (u32 page = begin; page < end; page += PAGE_SIZE)
        mmap(page, PAGE_SIZE, PROT_READ | PROT_WRITE, fixed);
    show("three pages, mapped one by one", begin, end, 1);
    mprotect(begin + PAGE_SIZE, PAGE_SIZE, PROT_READ);
    show("the second one read-only", begin, end, 3);
    mprotect(begin + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
    show("as it was", begin, end, 1);
    munmap(begin + PAGE_SIZE, PAGE_SIZE);
    show("the second one unmapped", begin, end, 2);
    munmap(room, 5 * PAGE_SIZE);
    show("all unmapped", begin, end, 0);
}

DEMONSTRATION(brk, "brk", "F4", "the heap's end is any byte; behind it are pages") {
    const u32 first = u32(brk(0));
    const u32 next_page = (first + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    char rights[64];
    see(u32(brk(next_page + 1)) == next_page + 1, "brk is moved to 0x{:08x}",
        next_page + 1);
    see(areas_in(next_page, next_page + PAGE_SIZE, rights, sizeof rights) == 1,
        "one byte more than a page: there is another page, {}", rights);
    poke(next_page + 100, 5);
    see(peek(next_page + 100) == 5, "all of that page can be written to");
    see(u32(brk(next_page + 3 * PAGE_SIZE)) == next_page + 3 * PAGE_SIZE,
        "two pages more");
    see(!look_at(next_page + PAGE_SIZE).present, "nobody touched them: no frame yet");
    see(u32(brk(first)) == first, "brk is moved back to 0x{:08x}", first);
    see(areas_in(next_page, next_page + PAGE_SIZE, rights, sizeof rights) == 0,
        "the pages are gone");
}
