// Every exception is raised: by an instruction where the machine can, else by
// entering the vector's stub with the frame that the CPU would have pushed.
#include "arch/i386/traps.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/extable.hpp"
#include "arch/i386/protection.hpp"
#include "arch/i386/segments.hpp"

#include <test.hpp>

namespace {

struct seen_trap {
    unsigned count = 0;
    u32 vector = 0;
    u32 error_code = 0;
    u32 eip = 0;
};
seen_trap seen;
u32 resume_eip;
u32 saved_esp;

// Notes the trap and goes on at `resume_eip`, whatever the instruction was.
bool note_and_resume(trap_frame& frame) {
    ++seen.count;
    seen.vector = frame.vector;
    seen.error_code = frame.error_code;
    seen.eip = frame.eip;
    frame.eip = resume_eip;
    frame.eflags &= ~0x4100u;  // neither single step nor nested task
    return true;
}

// Runs `instructions`, which are expected to trap, and comes back behind them.
#define RAISE(instructions, ...)                                              \
    do {                                                                      \
        seen = {};                                                            \
        const trap_observer before = set_trap_observer(note_and_resume);      \
        asm volatile("movl $9f, %0\n\t"                                       \
                     "movl %%esp, %1\n\t" instructions "\n"                   \
                     "9: movl %1, %%esp"                                      \
                     : "=m"(resume_eip), "=m"(saved_esp)                      \
                     : __VA_ARGS__                                            \
                     : "eax", "ecx", "edx", "memory", "cc");                  \
        set_trap_observer(before);                                            \
    } while (0)

}  // namespace

TEST(traps, divide_error) {
    RAISE("xorl %%ecx, %%ecx; movl $1, %%eax; xorl %%edx, %%edx; divl %%ecx");
    EXPECT_EQ(seen.count, 1u);
    EXPECT_EQ(seen.vector, u32{TRAP_DIVIDE});
}

TEST(traps, single_step) {
    RAISE("pushfl; orl $0x100, (%%esp); popfl; nop; nop");
    EXPECT_EQ(seen.vector, u32{TRAP_DEBUG});
    EXPECT_EQ(seen.count, 1u);
}

TEST(traps, breakpoint) {
    RAISE("int3");
    EXPECT_EQ(seen.vector, u32{TRAP_BREAKPOINT});
}

TEST(traps, overflow) {
    RAISE("movb $0x7f, %%al; addb $1, %%al; into");
    EXPECT_EQ(seen.vector, u32{TRAP_OVERFLOW});
}

TEST(traps, bounds) {
    static const u32 limits[2] = {1, 2};
    RAISE("movl $7, %%eax; bound %%eax, %2", "m"(limits));
    EXPECT_EQ(seen.vector, u32{TRAP_BOUNDS});
}

TEST(traps, invalid_opcode) {
    RAISE("ud2");
    EXPECT_EQ(seen.vector, u32{TRAP_INVALID_OPCODE});
}

TEST(traps, device_not_available) {
    const u32 cr0 = read_cr0();
    write_cr0(cr0 | CR0_TS);
    RAISE("fldz");
    write_cr0(cr0);
    EXPECT_EQ(seen.vector, u32{TRAP_DEVICE_NOT_AVAILABLE});
}

TEST(traps, invalid_tss) {
    // IRET with NT set switches to the task that the TSS links back to: none.
    const u32 link = this_cpu_task_state().back_link;
    this_cpu_task_state().back_link = KERNEL_DS;
    RAISE("cli; pushfl; orl $0x4000, (%%esp); popfl; iret");
    this_cpu_task_state().back_link = link;
    EXPECT_EQ(seen.vector, u32{TRAP_INVALID_TSS});
    EXPECT_EQ(seen.error_code & 0xfff8, u32{KERNEL_DS});
    asm volatile("pushfl; andl $~0x4000, (%%esp); popfl" ::: "cc", "memory");
    local_irq_enable();
}

TEST(traps, segment_not_present) {
    // A descriptor that is a data segment, not present; put where TLS will be.
    struct [[gnu::packed]] {
        u16 limit;
        u32 base;
    } gdt;
    asm volatile("sgdt %0" : "=m"(gdt));
    u64& entry = reinterpret_cast<u64*>(gdt.base)[GDT_ENTRY_TLS_MIN];
    const u64 before = entry;
    entry = segment_descriptor::make(0, 0xfffff, 0x13, 0xc0).raw();
    RAISE("movl %2, %%ecx; movl %%ecx, %%gs", "i"(GDT_ENTRY_TLS_MIN * 8));
    entry = before;
    EXPECT_EQ(seen.vector, u32{TRAP_SEGMENT_NOT_PRESENT});
    EXPECT_EQ(seen.error_code, u32{GDT_ENTRY_TLS_MIN * 8});
}

TEST(traps, stack_segment) {
    struct [[gnu::packed]] {
        u16 limit;
        u32 base;
    } gdt;
    asm volatile("sgdt %0" : "=m"(gdt));
    u64& entry = reinterpret_cast<u64*>(gdt.base)[GDT_ENTRY_TLS_MIN];
    const u64 before = entry;
    entry = segment_descriptor::make(0, 0xfffff, 0x13, 0xc0).raw();
    const irq_state state = local_irq_save();
    RAISE("movl %2, %%ecx; movl %%ecx, %%ss", "i"(GDT_ENTRY_TLS_MIN * 8));
    local_irq_restore(state);
    entry = before;
    EXPECT_EQ(seen.vector, u32{TRAP_STACK_SEGMENT});
}

TEST(traps, general_protection) {
    RAISE("movl $0xfff8, %%ecx; movl %%ecx, %%gs");
    EXPECT_EQ(seen.vector, u32{TRAP_GENERAL_PROTECTION});
    EXPECT_EQ(seen.error_code, 0xfff8u);
}

TEST(traps, page_fault_on_read_and_write) {
    RAISE("movl 0x10, %%eax");
    EXPECT_EQ(seen.vector, u32{TRAP_PAGE_FAULT});
    EXPECT_EQ(seen.error_code, 0u);
    EXPECT_EQ(read_cr2(), 0x10u);
    RAISE("movl $0, 0x20");
    EXPECT_EQ(seen.error_code, 2u);
    EXPECT_EQ(read_cr2(), 0x20u);
}

TEST(traps, x87_error) {
    if (!boot_cpu().fpu) SKIP_TEST("no FPU");
    const u32 cr0 = read_cr0();
    write_cr0((cr0 | CR0_NE | CR0_MP) & ~(CR0_EM | CR0_TS));
    static const u16 all_unmasked = 0x340, masked = 0x37f;
    // 1 / 0, with the exception unmasked: reported at the next waiting instruction.
    RAISE("fninit; fldcw %2; fld1; fldz; fdivrp; fwait", "m"(all_unmasked));
    asm volatile("fnclex; fldcw %0" ::"m"(masked));
    write_cr0(cr0);
    EXPECT_EQ(seen.vector, u32{TRAP_X87});
}

// What the machine will not raise on demand: the stub is entered by a jump, with
// flags, segment, return address and, where there is one, an error code pushed.
TEST(traps, stubs_of_every_vector_report_their_number) {
    const irq_state state = local_irq_save();
    for (unsigned vector = 0; vector < 32; ++vector) {
        const uintptr_t stub = trap_stub(vector);
        if (trap_has_error_code(vector)) {
            RAISE("pushfl; pushl %%cs; pushl $9f; pushl $0xabcd; jmp *%2", "r"(stub));
            EXPECT_EQ(seen.error_code, 0xabcdu);
        } else {
            RAISE("pushfl; pushl %%cs; pushl $9f; jmp *%2", "r"(stub));
            EXPECT_EQ(seen.error_code, 0u);
        }
        EXPECT_EQ(seen.count, 1u);
        EXPECT_EQ(seen.vector, vector);
    }
    local_irq_restore(state);
}

TEST(traps, every_vector_has_a_name_of_its_own) {
    for (unsigned a = 0; a < 32; ++a) {
        EXPECT_FALSE(trap_name(a).empty());
        for (unsigned b = 0; b < a; ++b) EXPECT_FALSE(trap_name(a) == trap_name(b));
    }
    EXPECT_TRUE(trap_name(TRAP_DIVIDE) == "divide error");
    EXPECT_TRUE(trap_name(TRAP_NMI) == "non-maskable interrupt");
    EXPECT_TRUE(trap_name(TRAP_INVALID_OPCODE) == "invalid opcode");
    EXPECT_TRUE(trap_name(TRAP_GENERAL_PROTECTION) == "general protection fault");
    EXPECT_TRUE(trap_name(TRAP_SIMD) == "SIMD floating-point exception");
    EXPECT_TRUE(trap_name(TRAP_PAGE_FAULT) == "page fault");
    EXPECT_TRUE(trap_name(TRAP_DOUBLE_FAULT) == "double fault");
    EXPECT_TRUE(trap_name(0x21) == "interrupt");
    EXPECT_TRUE(trap_name(SPURIOUS_VECTOR) == "spurious interrupt");
}

TEST(traps, registers_survive_a_trap) {
    u32 before[6] = {0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555, 0};
    u32 after[6] = {};
    const trap_observer observer = set_trap_observer([](trap_frame& frame) {
        seen.vector = frame.vector;
        return true;  // the breakpoint's eip is already behind it
    });
    asm volatile(
        "pushl %%ebp\n\t"
        "movl 0(%0), %%ebx; movl 4(%0), %%ecx; movl 8(%0), %%edx; movl 12(%0), %%edi\n\t"
        "movl 16(%0), %%ebp\n\t"
        "int3\n\t"
        "movl %%ebx, 0(%1); movl %%ecx, 4(%1); movl %%edx, 8(%1); movl %%edi, 12(%1)\n\t"
        "movl %%ebp, 16(%1)\n\t"
        "popl %%ebp"
        ::"S"(before), "a"(after)
        : "ebx", "ecx", "edx", "edi", "memory", "cc");
    set_trap_observer(observer);
    EXPECT_EQ(seen.vector, u32{TRAP_BREAKPOINT});
    for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(after[i], before[i]);
}

TEST(extable, probes_report_faults_and_copy_what_is_there) {
    u32 word = 0x12345678, copy = 0;
    EXPECT_TRUE(probe_read(&word, &copy, 4));
    EXPECT_EQ(copy, word);
    u8 byte = 0;
    EXPECT_TRUE(probe_read(&word, &byte, 1));
    EXPECT_EQ(byte, 0x78);
    const u16 half = 0xbeef;
    EXPECT_TRUE(probe_write(&word, &half, 2));
    EXPECT_EQ(word, 0x1234beefu);
    copy = 7;
    EXPECT_FALSE(probe_read(reinterpret_cast<void*>(0x1000), &copy, 4));
    EXPECT_EQ(copy, 7u);
    EXPECT_FALSE(probe_write(reinterpret_cast<void*>(0x1000), &copy, 4));
    EXPECT_FALSE(probe_write(reinterpret_cast<void*>(0xffffffff), &copy, 1));
    EXPECT_FALSE(probe_read(&word, &copy, 3));
}

TEST(segments, descriptors_are_what_linux_programs_expect) {
    EXPECT_EQ(KERNEL_CS, 0x60);
    EXPECT_EQ(USER_CS, 0x73);
    EXPECT_EQ(USER_DS, 0x7b);
    EXPECT_EQ(gdt_entry(KERNEL_CS / 8).base(), 0u);
    EXPECT_EQ(gdt_entry(KERNEL_CS / 8).limit(), 0xffffffffu);
    EXPECT_TRUE(gdt_entry(KERNEL_CS / 8).is_code());
    EXPECT_EQ(gdt_entry(USER_DS / 8).ring(), 3u);
    // The per-CPU segment is the one whose linear addresses are not logical ones.
    EXPECT_NE(gdt_entry(PERCPU_SELECTOR / 8).base(), 0u);
}

namespace {
u32 flags_in_handler;
bool note_flags(trap_frame& frame) {
    asm volatile("pushfl; popl %0" : "=m"(flags_in_handler));
    return frame.vector == TRAP_BREAKPOINT;
}
}  // namespace

// Else a program could open its pages to the kernel by setting the flag.
TEST(traps, begin_with_a_users_pages_closed) {
    if (!smap_is_on()) SKIP_TEST("this CPU has no SMAP");
    constexpr u32 AC = 1u << 18;
    flags_in_handler = AC;
    const trap_observer before = set_trap_observer(note_flags);
    asm volatile("pushfl; orl $0x40000, (%%esp); popfl; int3; pushfl; andl $~0x40000, (%%esp); popfl"
                 ::: "memory", "cc");
    set_trap_observer(before);
    EXPECT_EQ(flags_in_handler & AC, 0u);
}
