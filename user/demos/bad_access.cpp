// What a program must not touch ends that program, unless it has a handler for the signal;
// the machine goes on. A bad address that is handed to the kernel is only an errno: the
// kernel looks at what it is given.
#include "user/demos/demo.hpp"

namespace {

constexpr int EFAULT = 14;

void read_null(void*) { peek(0); }
void write_text(void*) { poke(u32(&read_null), 0); }
void privileged(void*) { asm volatile("cli"); }

volatile u32 seen_address;
volatile int seen_code;

[[gnu::regparm(0)]] void on_fault(int, siginfo* info, void*) {
    seen_address = info->address;
    seen_code = info->code;
    // What is wrong with the page is put right, and the instruction runs again.
    mprotect(info->address & ~(PAGE_SIZE - 1), PAGE_SIZE, PROT_READ | PROT_WRITE);
}

void show_end(const char* what, void (*run)(void*)) {
    const u32 status = in_child(run, nullptr);
    see(status_signal(status) == SIGSEGV, "{}: ended by signal {}", what,
        status_signal(status));
}

}  // namespace

DEMONSTRATION(bad_access, "bad-access", "F7",
              "a bad access is SIGSEGV, a bad pointer EFAULT") {
    show_end("a child that reads address 0", read_null);
    show_end("a child that writes to its text", write_text);
    show_end("a child that switches interrupts off", privileged);
    const u32 page = anonymous(1, PROT_READ);
    set_signal(SIGSEGV, u32(&on_fault));
    poke(page + 12, 5);
    set_signal(SIGSEGV, SIG_DFL);
    see(seen_address == page + 12 && seen_code == 2,
        "a handler is told of 0x{:08x}, code {} (no right), mends it", u32(seen_address),
        int(seen_code));
    see(peek(page + 12) == 5, "and the instruction has run");
    munmap(page, PAGE_SIZE);
    for (const u32 address : {u32{0}, page, PAGE_OFFSET + 0x100000, u32{0xfffff000}}) {
        const int error = system_call(call_number::write, 1, address, 4);
        see(error == -EFAULT, "write(1, 0x{:08x}, 4): {}", address, error_text(error));
    }
    const u32 two = anonymous(2);
    munmap(two + PAGE_SIZE, PAGE_SIZE);
    const int fd = memfd_create("bytes");
    const int written = write(fd, reinterpret_cast<void*>(two + PAGE_SIZE - 10), 20);
    see(written == 10, "of 20 bytes that go beyond the mapping {} are written", written);
    close(fd);
    munmap(two, PAGE_SIZE);
}
