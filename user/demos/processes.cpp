// fork() gives the child the same memory without copying it: all pages are shown to both,
// and may not be written to; who writes first gets a copy. clone() with CLONE_VM gives it
// the same memory for good: a thread.
#include "user/demos/demo.hpp"

namespace {

struct shared_page {
    u32 address;
    u64 frame;  // before the fork
};

// In the child. A bit for each thing that was as it should be.
void look_and_write(void* of) {
    const shared_page& page = *static_cast<shared_page*>(of);
    int found = look_at(page.address).frame == page.frame ? 1 : 0;
    const u32 before = faults_so_far();
    poke(page.address, 2);
    if (faults_so_far() - before == 1) found |= 2;
    if (look_at(page.address).frame != page.frame || page.frame == 0) found |= 4;
    exit(found);
}

u32 counter;
u32 running[4];

void add_up(void*) {
    for (u32 i = 0; i < 10000; i++) __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
}

}  // namespace

DEMONSTRATION(fork, "fork", "F8", "fork() copies no page until somebody writes to it") {
    const u32 page = anonymous(1);
    poke(page, 1);
    shared_page shared = {page, look_at(page).frame};
    print("  a page was written to; it is in frame 0x{:x}\n", shared.frame);
    const int found = status_code(in_child(look_and_write, &shared));
    see(found & 1, "the child sees the same frame");
    see(found & 2, "when it writes, that is one fault");
    see(found & 4, "and it has a frame of its own");
    see(peek(page) == 1 && look_at(page).frame == shared.frame, "here nothing has changed");
    const u32 before = faults_so_far();
    poke(page, 3);
    see(faults_so_far() - before <= 1 && look_at(page).frame == shared.frame,
        "the last owner takes the frame back without a copy");
    munmap(page, PAGE_SIZE);
}

DEMONSTRATION(threads, "threads", "F8", "clone(CLONE_VM): threads share all memory") {
    counter = 0;
    constexpr u32 stack_size = 4 * PAGE_SIZE;
    const u32 stacks = anonymous(4 * 4);
    int started = 0;
    for (u32 i = 0; i < 4; i++) {
        u32* const end = reinterpret_cast<u32*>(stacks + (i + 1) * stack_size);
        running[i] = 1;
        if (run_thread(add_up, nullptr, end, &running[i]) > 0)
            started++;
        else
            running[i] = 0;
    }
    for (u32& one : running) wait_for_thread(&one);
    see(started == 4, "{} threads, each with a stack out of one mapping", started);
    see(counter == 40000, "all of them counted in one variable: {}", counter);
    munmap(stacks, 4 * stack_size);
}
