// The stack is an area that grows: touching a page below it makes it larger, down to 8 MiB.
// Beyond that a fault is SIGSEGV, and the handler needs a stack of its own.
#include "user/demos/demo.hpp"
#include "user/lib/start.hpp"

namespace {

constexpr u32 limit = 8 << 20;
constexpr u32 other_size = 4 * PAGE_SIZE;
u32 other;

// What faulted lies far below the stack's end, and this runs on the other stack.
[[gnu::regparm(0)]] void on_overflow(int, siginfo* info, void*) {
    const bool there = info->address < u32(environment) - limit / 2;
    const bool here = u32(&info) - other < other_size;
    exit(there && here ? 42 : 1);
}

void use_up(void*) {
    other = anonymous(other_size / PAGE_SIZE);
    const stack_t stack = {reinterpret_cast<void*>(other), 0, other_size};
    sigaltstack(&stack);
    set_signal(SIGSEGV, u32(&on_overflow), SA_ONSTACK);
    for (u32 address = u32(&stack);; address -= PAGE_SIZE) poke(address, 1);
}

u32 stack_size(u32 local) {
    char rights[64];
    u32 size = 0;
    for (u32 page = local & ~(PAGE_SIZE - 1);
         areas_in(page, page + 1, rights, sizeof rights); page -= PAGE_SIZE)
        size += PAGE_SIZE;
    return size;
}

}  // namespace

DEMONSTRATION(stack, "stack", "F2", "the stack grows by faults, and ends at 8 MiB") {
    u32 local = 0;
    const u32 small = stack_size(u32(&local));
    const u32 before = faults_so_far();
    for (u32 page = 1; page <= 100; page++) poke(u32(&local) - page * PAGE_SIZE, 1);
    const u32 taken = faults_so_far() - before;
    const u32 large = stack_size(u32(&local));
    see(large > small || small > 100 * PAGE_SIZE,
        "100 pages below were touched: the area goes {} KiB down, not {}", large / 1024,
        small / 1024);
    see(taken > 60 && taken <= 100, "{} faults", taken);
    const u32 status = in_child(use_up, nullptr);
    see(status_exited(status) && status_code(status) == 42,
        "a child that goes on without end is told so, on another stack");
}
