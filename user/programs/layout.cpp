// Where a program's parts lie. Each line has an address that the program itself found, by
// `&` or from malloc() and mmap(), and beside it the area that the kernel says it is in.
// From low to high addresses:
//
//     code            main() and the rest of text; constants
//     data            what is initialised: it is in the file
//     bss             what is not: the file only says how much, and zeroes are shown
//     heap            from start_brk up to brk; nothing at first, malloc() moves brk
//     ...             nothing: touching it is SIGSEGV
//     mappings        mmap() puts them below the stack's room, the next below the last
//     stack           locals; grows down as it is touched, 8 MiB at most
//     0xc0000000      the kernel's, in each process the same, and in none reachable
#include "user/lib/calls.hpp"
#include "user/lib/files.hpp"
#include "user/lib/heap.hpp"
#include "user/lib/print.hpp"

char initialised[65535] = {1};
u32 zero;

int main(int argc, char** argv);

namespace {

constexpr char constant[] = "a constant";

bool all_found = true;

void show(std::string_view what, u32 address) {
    map_line area;
    char text[512];
    const auto holds_it = [&](const map_line& line) { return line.contains(address); };
    print("0x{:08x}  {:<24}", address, what);
    if (find_area(area, text, sizeof text, holds_it)) {
        print("  {:08x}-{:08x} {} {}\n", area.begin, area.end, area.permissions,
              part(area.name, 0, 17));
    } else {
        print("  in no area\n");
        all_found = false;
    }
}

bool in_order(std::initializer_list<u32> addresses) {
    u32 last = 0;
    for (const u32 address : addresses) {
        if (address <= last) return false;
        last = address;
    }
    return last < PAGE_OFFSET;
}

}  // namespace

int main(int, char** argv) {
    int local = 0;
    const u32 code = u32(&main), data = u32(initialised), bss = u32(&zero);
    const u32 brk_before = u32(brk(0));
    const u32 heap = u32(malloc(1000));
    const u32 brk_after = u32(brk(0));
    const u32 mapping = mmap(0, 16 * PAGE_SIZE, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS);
    const u32 next = mmap(0, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
    const u32 stack = u32(&local);
    print("the program says                      /proc/self/maps says\n");
    show("main()", code);
    show("a constant", u32(constant));
    show("65535 bytes, initialised", data);
    show("a global that is zero", bss);
    print("0x{:08x}  brk before malloc(1000)\n", brk_before);
    print("0x{:08x}  brk after it\n", brk_after);
    show("what malloc() gave", heap);
    show("a mapping, made later", next);
    show("a mapping of 16 pages", mapping);
    show("a local", stack);
    show("argv[0], the text", u32(argv[0]));
    const bool right = brk_before < brk_after &&
                       in_order({code, data, bss, heap, mapping, stack});
    print("main < initialised < zero < heap < mapping < local < 0xc0000000: {}\n", right);
    return !right || !all_found;
}
