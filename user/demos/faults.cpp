// Memory that is mapped is not there yet. The first touch of a page faults; the kernel
// finds the area, brings a frame, and the instruction runs again, as if nothing had been.
// One instruction that needs six pages faults six times.
#include "user/demos/demo.hpp"

namespace {

// Maps two pages of a file one by one, with other rights each, so that they are two areas:
// a fault brings no neighbour from another area along.
u32 two_areas(int fd) {
    const u32 room = anonymous(2);
    mmap(room, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0);
    mmap(room + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
         MAP_PRIVATE | MAP_FIXED, fd, PAGE_SIZE);
    return room;
}

// A file of two pages, with `ds movsl` across their border, and `ret` behind it.
int file_of_code() {
    const int fd = memfd_create("movsl");
    constexpr u8 code[] = {0x3e, 0xa5, 0xc3};
    ftruncate(fd, 2 * PAGE_SIZE);
    system_call(call_number::pwrite64, fd, code, sizeof code, PAGE_SIZE - 1, 0);
    return fd;
}

void copy_word(u32 function, u32 to, u32 from) {
    asm volatile("call *%2" : "+D"(to), "+S"(from) : "a"(function) : "memory");
}

}  // namespace

DEMONSTRATION(demand, "demand", "F6", "pages come when they are touched, one fault each") {
    constexpr u32 pages = 64;
    const u32 memory = anonymous(pages);
    see(!look_at(memory).present, "64 pages are mapped, and there are no frames");
    u32 before = faults_so_far();
    peek(memory);
    see(faults_so_far() - before == 1, "reading the first: one fault");
    const u64 zero = look_at(memory).frame;
    peek(memory + PAGE_SIZE);
    see(look_at(memory + PAGE_SIZE).frame == zero,
        "reading the second shows frame 0x{:x}, too: the zero page, for all", zero);
    poke(memory, 1);
    see(look_at(memory).frame != zero || zero == 0, "writing brings a frame of its own");
    before = faults_so_far();
    for (u32 i = 2; i < pages; i++) poke(memory + i * PAGE_SIZE, i);
    const u32 taken = faults_so_far() - before;
    see(taken == pages - 2, "writing to the other {}: {} faults", pages - 2, taken);
    before = faults_so_far();
    for (u32 i = 2; i < pages; i++) poke(memory + i * PAGE_SIZE, i);
    see(faults_so_far() == before, "once more: none");
    munmap(memory, pages * PAGE_SIZE);
}

DEMONSTRATION(six_faults, "six-faults", "F6", "one movsl, six pages, six faults") {
    const int fd = file_of_code();
    const u32 code = two_areas(fd);
    const u32 from = anonymous(2), to = anonymous(2);
    const u32 function = code + PAGE_SIZE - 1;
    print("  the instruction, what it reads and where it writes: each across two pages\n");
    const u32 before = faults_so_far();
    copy_word(function, to + PAGE_SIZE - 2, from + PAGE_SIZE - 2);
    const u32 taken = faults_so_far() - before;
    see(taken == 6, "calling it took {} faults", taken);
    const u32 again = faults_so_far();
    copy_word(function, to + PAGE_SIZE - 2, from + PAGE_SIZE - 2);
    see(faults_so_far() == again, "calling it again: none");
    close(fd);
    munmap(code, 2 * PAGE_SIZE);
    munmap(from, 2 * PAGE_SIZE);
    munmap(to, 2 * PAGE_SIZE);
}
