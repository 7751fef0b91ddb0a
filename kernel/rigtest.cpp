#include "kernel/rigtest.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/irq.hpp"
#include "drivers/power/power.hpp"
#include "kernel/command_line/command_line.hpp"
#include "kernel/panic/panic.hpp"
#include "kernel/selftest/selftest.hpp"
#include "lib/assert.hpp"
#include "lib/boot_param.hpp"
#include "lib/console.hpp"
#include "mm/map/kernel_stack.hpp"
#include "mm/map/vmalloc.hpp"

extern "C" [[noreturn]] void switch_stack_and_call(u32 top, void (*function)(u32), u32 argument);

namespace {

constexpr std::string_view kinds[] = {
    "panic",       "panic-early", "panic-irq", "panic-twice", "panic-stack", "overflow",
    "triplefault", "hang",        "silence",   "fail",        "exec-null",   "read-null",
    "exec-data",   "write-text",  "guard",     "freed",      "user-address", "stack",
};
std::string_view kind;

[[gnu::noinline]] void assert_something_false(int expected, int found) {
    kassert(expected == found, "expected {}, found {}", expected, found);
}

// Each frame writes to its memory, so the guard page is met, not jumped over.
[[gnu::noinline]] int overflow_the_stack(int depth) {
    volatile char frame[256];
    frame[0] = static_cast<char>(depth);
    if (depth == 1'000'000) return 0;
    return overflow_the_stack(depth + 1) + frame[0];
}

// An address the compiler knows nothing about.
volatile int& word_at(uintptr_t address) {
    asm("" : "+r"(address));
    return *reinterpret_cast<volatile int*>(address);
}

// An empty IDT: the breakpoint's gate is missing, so is that of the fault which
// follows, and of the double fault after that.
[[noreturn]] void reset_the_machine() {
    const struct [[gnu::packed]] {
        u16 limit;
        u32 base;
    } nothing = {0, 0};
    asm volatile("lidt %0; int3" ::"m"(nothing));
    for (;;) {}
}

// On a stack of its own, as a task is.
[[noreturn, gnu::noinline]] void overflow_another_stack() {
    char* const stack = static_cast<char*>(alloc_kernel_stack());
    const auto run = [](u32) { panic("{} frames fit", overflow_the_stack(0)); };
    const u32 top = static_cast<u32>(reinterpret_cast<uintptr_t>(stack)) + THREAD_SIZE;
    switch_stack_and_call(top, run, 0);
}

// Touches what the kernel's map forbids; a page fault must say what it was.
[[gnu::noinline]] void touch_what_is_forbidden() {
    static u32 data = 0xc3;  // ret
    if (kind == "exec-data") reinterpret_cast<void (*)()>(&data)();
    if (kind == "write-text") word_at(reinterpret_cast<uintptr_t>(&rigtest_after_paging)) = 1;
    if (kind == "user-address") static_cast<void>(int{word_at(0x08048000)});
    char* const area = static_cast<char*>(vmalloc(3 * PAGE_SIZE));
    if (kind == "guard") word_at(reinterpret_cast<uintptr_t>(area) + 3 * PAGE_SIZE) = 1;
    vfree(area);
    if (kind == "freed") {
        the_vmalloc_space().purge();
        word_at(reinterpret_cast<uintptr_t>(area)) = 1;
    }
}

// Formats itself by faulting, and so panics inside the panic that prints it.
struct poisoned_value {};
void format_value(text_sink&, const format_spec&, const poisoned_value&) {
    word_at(16) = 1;
}

}  // namespace

void rigtest_before_output(std::string_view command_line) {
    if (find_boot_word(command_line, "rigtest") == "silence")
        for (;;) asm volatile("cli; hlt");
}

void rigtest_before_paging() {
    if (kind == "panic-early") panic("on purpose, before paging: {}", 42);
}

void rigtest_after_paging() {
    if (kind == "panic") assert_something_false(1, 2);
    if (kind == "panic-twice") panic("first {}", poisoned_value{});
    if (kind == "panic-stack") asm volatile("movl $0xdead0000, %esp; pushl $0");
    if (kind == "overflow") overflow_the_stack(0);
    if (kind == "triplefault") reset_the_machine();
    if (kind == "exec-null") asm volatile("xorl %eax, %eax; jmp *%eax");
    if (kind == "read-null") static_cast<void>(int{word_at(8)});
    if (kind == "stack") overflow_another_stack();
    if (!kind.empty()) touch_what_is_forbidden();
}

void rigtest_with_interrupts() {
    if (kind == "fail") power_off(run_selftests("rig.*", console_out()).ok() ? 0 : 1);
    if (kind == "hang")
        for (;;) asm volatile("");
    if (kind == "panic-irq") {
        free_irq(0);
        const auto handler = [](unsigned irq, void*) { panic("on purpose, in IRQ {}", irq); };
        if (!request_irq(0, handler, nullptr, "rigtest")) panic("the tick's line is taken");
        for (;;) wait_for_interrupt();
    }
}

REGISTER(boot_param, rigtest_param) = {
    .name = "rigtest",
    .help = "KIND: fail on purpose, for the test rig's own test",
    .set =
        [](std::string_view value) {
            for (std::string_view known : kinds) {
                if (value != known) continue;
                kind = known;
                return true;
            }
            return false;
        },
};
