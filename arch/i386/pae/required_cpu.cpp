// The PAE kernel is compiled for the 686, so on an older CPU the first CMOV would
// be its last instruction. Hence this question is asked before any other code
// runs, in a file that is compiled for the 486 (Makefile) and calls nothing: it
// has its own few lines of serial and VGA output.
#include "arch/i386/required_cpu.hpp"

#include <cpu/io.hpp>

namespace {

constexpr u32 wanted = 1u << 6 | 1u << 8 | 1u << 15;  // PAE, CMPXCHG8B, CMOV
constexpr u32 eflags_id = 1u << 21;

const char message[] =
    "\nLoci cannot run here: this kernel needs a CPU with PAE.\n"
    "Use the kernel built with PAE=0 (the boot menu picks it by itself).\n";

bool has_cpuid() {
    u32 before, after;
    asm volatile(
        "pushfl; pushfl; popl %0; movl %0, %1; xorl %2, %1; pushl %1; popfl\n\t"
        "pushfl; popl %1; popfl"
        : "=&r"(before), "=&r"(after)
        : "i"(eflags_id)
        : "cc");
    return ((before ^ after) & eflags_id) != 0;
}

bool cpu_will_do() {
    if (!has_cpuid()) return false;
    u32 highest = 0, ebx, ecx, edx;
    asm volatile("cpuid" : "+a"(highest), "=b"(ebx), "=c"(ecx), "=d"(edx));
    if (highest < 1 || highest >= 0x500) return false;
    u32 leaf = 1;
    asm volatile("cpuid" : "+a"(leaf), "=b"(ebx), "=c"(ecx), "=d"(edx));
    return (edx & wanted) == wanted;
}

void say(const char* text) {
    volatile u16* screen = reinterpret_cast<volatile u16*>(0xC00B8000);
    for (unsigned i = 0; i < 80 * 25; ++i) screen[i] = 0x0720;
    unsigned column = 0;
    for (; *text; ++text) {
        for (unsigned wait = 0; wait < 100000 && !(inb(0x3f8 + 5) & 0x20); ++wait) {}
        if (*text == '\n') outb('\r', 0x3f8);
        outb(static_cast<u8>(*text), 0x3f8);
        if (*text == '\n') {
            screen += 80;
            column = 0;
        } else if (column < 80) {
            screen[column++] = static_cast<u16>(0x0700 | static_cast<u8>(*text));
        }
    }
}

// Under QEMU, known by its configuration device, the status says "cannot run".
void leave_qemu() {
    const char signature[] = {'Q', 'E', 'M', 'U'};
    outw(0, 0x510);
    for (char expected : signature)
        if (inb(0x511) != static_cast<u8>(expected)) return;
    outb(125, 0x501);
}

}  // namespace

void require_cpu() {
    if (cpu_will_do()) return;
    outb(0x80, 0x3f8 + 3);  // 115200 baud, 8N1
    outb(1, 0x3f8);
    outb(0, 0x3f8 + 1);
    outb(3, 0x3f8 + 3);
    say(message);
    leave_qemu();
    for (;;) asm volatile("cli; hlt");
}
