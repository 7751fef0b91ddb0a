// A file's pages are in memory once: read() copies out of them, a mapping shows the frames
// themselves, to as many processes as want them. Only who writes to a private mapping gets
// a page of his own.
#include "user/demos/demo.hpp"

namespace {

constexpr u32 pages = 256;
char buffer[65536];

u32 map_file(int fd, u32 flags) {
    return mmap(0, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, flags, fd);
}

// All of the file, by read().
u32 bytes_copied(int fd) {
    u32 sum = 0;
    for (u32 place = 0; place < pages * PAGE_SIZE; place += sizeof buffer) {
        const int got = pread(fd, buffer, sizeof buffer, place);
        if (got > 0) sum += u32(got);
    }
    return sum;
}

struct question {
    u32 address;
    u64 frame;
};

void compare_frame(void* of) {
    const question& asked = *static_cast<question*>(of);
    peek(asked.address);
    exit(look_at(asked.address).frame == asked.frame ? 0 : 1);
}

}  // namespace

DEMONSTRATION(zero_copy, "zero-copy", "F5",
              "a mapping and read() share the file's frames") {
    const int fd = memfd_create("zero-copy");
    if (!see(fd >= 0 && ftruncate(fd, pages * PAGE_SIZE) == 0, "a file of 1 MiB in memory"))
        return;
    const u32 first = map_file(fd, MAP_SHARED), second = map_file(fd, MAP_SHARED);
    poke(first, 1);
    const u64 frame = look_at(first).frame;
    see(peek(second) == 1 && look_at(second).frame == frame,
        "two mappings of its first page show frame 0x{:x}, both", frame);
    u32 word = 0;
    pread(fd, &word, sizeof word, 0);
    see(word == 1, "read() finds there what was written to the mapping");
    word = 7;
    system_call(call_number::write, fd, &word, sizeof word);
    see(peek(first) == 7, "the mapping shows what write() put into the file");
    see(bytes_copied(fd) == pages * PAGE_SIZE, "read() of all of it copied {} bytes",
        pages * PAGE_SIZE);
    see(peek(first + (pages - 1) * PAGE_SIZE) == 0, "the mapping shows all of it: 0 bytes");
    question asked = {first, frame};
    see(in_child(compare_frame, &asked) == 0, "another process sees the same frame");
    const u32 own = map_file(fd, MAP_PRIVATE);
    peek(own);
    see(look_at(own).frame == frame, "a private mapping, too, as long as it is only read");
    poke(own, 9);
    see(look_at(own).frame != frame || frame == 0, "written to, it has a frame of its own");
    see(peek(first) == 7, "and the file is as it was");
    close(fd);
    munmap(first, pages * PAGE_SIZE);
    munmap(second, pages * PAGE_SIZE);
    munmap(own, pages * PAGE_SIZE);
}
