#include "kernel/exec/elf_fixture.hpp"
#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

constexpr u32 R = PF_R, RW = PF_R | PF_W, RX = PF_R | PF_X;

// As a linker makes them: headers and constants, code, data with bss.
elf_builder usual_program() {
    elf_builder elf(ET_EXEC, 0x08049080);
    elf.load(0x08048000, 0, 0x300, 0x300, R);
    elf.load(0x08049000, 0x1000, 0x1800, 0x1800, RX);
    elf.load(0x0804bf00, 0x2f00, 0x200, 0x3200, RW);
    elf.stack(RW);
    return elf;
}

elf_plan& a_plan() { return in_scratch<elf_plan>(); }

int refused(const elf_builder& elf, elf_role role = elf_role::program) {
    return elf.plan(a_plan(), role).error();
}

}  // namespace

TEST(elf_plan, a_program_of_a_linker) {
    elf_plan& plan = a_plan();
    ASSERT_TRUE(usual_program().plan(plan));
    EXPECT_FALSE(plan.is_dynamic);
    EXPECT_EQ(plan.entry, 0x08049080u);
    EXPECT_EQ(plan.phnum, 4u);
    EXPECT_EQ(plan.phdr_address, 0x08048034u);
    EXPECT_TRUE(plan.stack == stack_wish::not_executable);
    EXPECT_EQ(plan.interpreter_bytes, 0u);
    EXPECT_EQ(plan.start_code, 0x08049000u);
    EXPECT_EQ(plan.end_code, 0x0804a800u);
    EXPECT_EQ(plan.start_data, 0x0804bf00u);
    EXPECT_EQ(plan.end_data, 0x0804c100u);
    EXPECT_EQ(plan.bss_start, 0x0804c100u);
    EXPECT_EQ(plan.bss_end, 0x0804f100u);
    EXPECT_EQ(plan.span_bytes, 0x7100u);
    EXPECT_EQ(plan.alignment, 0x1000u);
    ASSERT_EQ(plan.segment_count, 3u);
    const elf_segment& data = plan.segments[2];
    EXPECT_EQ(data.page(), 0x0804b000u);
    EXPECT_EQ(data.page_offset(), 0x2000u);
    EXPECT_EQ(data.mapped_bytes(), 0x2000u);
    EXPECT_EQ(data.prot, u32{PROT_READ | PROT_WRITE});
    EXPECT_EQ(plan.segments[1].prot, u32{PROT_READ | PROT_EXEC});
}

// ---- the header -----------------------------------------------------------------------

namespace {

struct header_case {
    void (*change)(elf32_header&);
    bool refused;
};
constexpr header_case headers[] = {
    {[](elf32_header& h) { h.e_ident[0] = 0; }, true},
    {[](elf32_header& h) { h.e_ident[3] = 'f'; }, true},
    {[](elf32_header& h) { h.e_type = 0; }, true},
    {[](elf32_header& h) { h.e_type = 1; }, true},
    {[](elf32_header& h) { h.e_type = 4; }, true},
    {[](elf32_header& h) { h.e_type = 0xffff; }, true},
    {[](elf32_header& h) { h.e_machine = 0; }, true},
    {[](elf32_header& h) { h.e_machine = 62; }, true},  // x86-64
    {[](elf32_header& h) { h.e_machine = EM_486; }, false},
    {[](elf32_header& h) { h.e_phentsize = 31; }, true},
    {[](elf32_header& h) { h.e_phentsize = 33; }, true},
    {[](elf32_header& h) { h.e_phentsize = 0; }, true},
    {[](elf32_header& h) { h.e_phentsize = 56; }, true},
    {[](elf32_header& h) { h.e_phnum = 0; }, true},
    {[](elf32_header& h) { h.e_phnum = 129; }, true},
    {[](elf32_header& h) { h.e_phnum = 65535; }, true},
    {[](elf32_header& h) { h.e_phnum = 128; }, false},
    // Linux does not look at these.
    {[](elf32_header& h) { h.e_ident[4] = 2; }, false},
    {[](elf32_header& h) { h.e_ident[5] = 2; }, false},
    {[](elf32_header& h) { h.e_version = 77; }, false},
    {[](elf32_header& h) { h.e_ehsize = 0; }, false},
    {[](elf32_header& h) { h.e_shentsize = h.e_shnum = h.e_shstrndx = 0xffff; }, false},
    {[](elf32_header& h) { h.e_phoff = 0xffffffff; }, false},
};

}  // namespace

TEST(elf_plan, headers_that_are_wrong_in_one_field) {
    for (const header_case& one : headers) {
        elf32_header header = usual_program().header;
        one.change(header);
        EXPECT_EQ(check_elf_header(header, elf_role::program).error(),
                  one.refused ? ENOEXEC : 0);
        EXPECT_EQ(check_elf_header(header, elf_role::interpreter).error(),
                  one.refused ? ELIBBAD : 0);
    }
}

TEST(elf_plan, a_file_that_ends_early_is_refused_at_every_byte) {
    struct room {
        elf_plan plan;
        u8 file[0x200];
    };
    room& r = in_scratch<room>();
    elf_builder elf = usual_program();
    elf.interpreter(0x100, 0x20);
    memset(r.file, 0, sizeof r.file);
    elf.write(r.file);
    const u32 headers_end = elf.headers_bytes();
    for (u32 bytes = 0; bytes <= sizeof r.file; ++bytes) {
        const int error = plan_of_file({r.file, bytes}, elf_role::program, r.plan).error();
        const int wanted = bytes < headers_end ? ENOEXEC : bytes < 0x120 ? EIO : 0;
        EXPECT_EQ(error, wanted);
        // An interpreter's own wish for one means nothing.
        EXPECT_EQ(plan_of_file({r.file, bytes}, elf_role::interpreter, r.plan).error(),
                  bytes < headers_end ? ELIBBAD : 0);
    }
}

TEST(elf_plan, any_one_byte_of_the_headers_may_be_any_other) {
    struct room {
        elf_plan plan;
        u8 file[0x200];
    };
    room& r = in_scratch<room>();
    elf_builder elf = usual_program();
    elf.interpreter(0x100, 0x20);
    memset(r.file, 0, sizeof r.file);
    elf.write(r.file);
    for (u32 at = 0; at < elf.headers_bytes(); ++at) {
        const u8 before = r.file[at];
        for (const u8 value : {0x00, 0x01, 0x7f, 0x80, 0xc0, 0xfe, 0xff}) {
            r.file[at] = value;
            if (!plan_of_file(r.file, elf_role::program, r.plan)) continue;
            for (const elf_segment& segment : r.plan.loads()) {
                EXPECT_LE(segment.file_bytes, segment.memory_bytes);
                EXPECT_LE(segment.memory_end(), TASK_SIZE);
                EXPECT_GE(segment.memory_end(), segment.address);
            }
        }
        r.file[at] = before;
    }
}

// ---- segments -------------------------------------------------------------------------

namespace {

struct segment_case {
    u32 address, offset, file_bytes, memory_bytes;
    int error;
};
constexpr segment_case segments[] = {
    {0x08048000, 0, 0x1000, 0x1000, 0},
    {0x08048123, 0x123, 0x1000, 0x1000, 0},
    {0x08048123, 0x5123, 1, 1, 0},
    {0x08048000, 0, 0, 0, 0},
    {0x08048000, 1, 0, 0x1000, 0},           // nothing of the file: its place is no matter
    {0x08048001, 1, 0, 0, 0},
    {0x08048000, 1, 1, 1, EINVAL},           // address and offset disagree
    {0x08048001, 0, 1, 1, EINVAL},
    {0x08048fff, 0xffe, 1, 1, EINVAL},
    {0x08048001, 0, 0, 1, EINVAL},           // the byte before it would be mapped
    {0x08048000, 0, 0x1001, 0x1000, EINVAL}, // more in the file than in memory
    {0x08048000, 0, 1, 0, EINVAL},
    {0, 0, 0xc0000000, 0xc0000000, 0},       // all there is
    {0, 0, 0, 0xc0000001, EINVAL},
    {1, 0, 0, 0xc0000000, EINVAL},
    {0xbffff000, 0, 0x1000, 0x1000, 0},
    {0xbffff000, 0, 0x1000, 0x1001, EINVAL},
    {0xbfffffff, 0xfff, 1, 1, 0},
    {0xc0000000, 0, 0, 0, EINVAL},
    {0xfffff000, 0, 0x1000, 0x1000, EINVAL},
    {0x08048000, 0, 0xffffffff, 0xffffffff, EINVAL},
    {0x08048fff, 0xfff, 0xfffff001, 0xfffff001, EINVAL},  // their sum wraps
    {0x08048000, 0xfffff000, 0x1000, 0x1000, EINVAL},     // the file's numbers do
    {0x08048000, 0xffffe000, 0x1000, 0x1000, 0},
    {0x08048000, 0xffffe000, 0x1001, 0x1001, EINVAL},
    {0x08048fff, 0xffffffff, 0, 0, EINVAL},
};

}  // namespace

TEST(elf_plan, segments_that_are_wrong) {
    for (const segment_case& one : segments) {
        elf_builder elf(ET_EXEC, 0x08048000);
        elf.load(one.address, one.offset, one.file_bytes, one.memory_bytes, RW);
        EXPECT_EQ(refused(elf), one.error);
        // ... and behind one that is right
        elf_builder second = usual_program();
        second.load(one.address, one.offset, one.file_bytes, one.memory_bytes, RW);
        EXPECT_EQ(refused(second), one.error);
    }
}

TEST(elf_plan, what_an_interpreter_is_refused_for) {
    elf_builder outside(ET_DYN, 0);
    outside.load(0xbffff000, 0, 0x2000, 0x2000, RX);
    EXPECT_EQ(refused(outside, elf_role::interpreter), ENOMEM);
    elf_builder unaligned(ET_DYN, 0);
    unaligned.load(0, 1, 1, 1, RX);
    EXPECT_EQ(refused(unaligned, elf_role::interpreter), EINVAL);
    elf_builder empty(ET_EXEC, 0);
    empty.stack(RW);
    EXPECT_EQ(refused(empty, elf_role::interpreter), EINVAL);
}

TEST(elf_plan, a_file_that_can_go_anywhere_has_something_to_go) {
    elf_builder empty(ET_DYN, 0);
    empty.stack(RW);
    EXPECT_EQ(refused(empty), EINVAL);
    elf_builder of_nothing(ET_DYN, 0);
    of_nothing.load(0x1000, 0, 0, 0, R);
    EXPECT_EQ(refused(of_nothing), EINVAL);
    elf_builder fixed(ET_EXEC, 0);
    fixed.stack(RW);
    EXPECT_EQ(refused(fixed), 0);
    // Mapped as long as all together, it would end behind the file's numbers.
    elf_builder far(ET_DYN, 0);
    far.load(0, 0xffffd000, 0x1000, 0x1000, R);
    EXPECT_EQ(refused(far), 0);
    far.load(0x10000, 0, 0x1000, 0x1000, R);
    EXPECT_EQ(refused(far), EINVAL);
}

TEST(elf_plan, segments_may_overlap_and_come_in_any_order) {
    elf_builder elf(ET_DYN, 0);
    elf.load(0x5000, 0x5000, 0x1000, 0x9000, RW);
    elf.load(0x2080, 0x2080, 0x4000, 0x4000, RX);
    elf.load(0x5000, 0, 0x800, 0x1000, R);
    elf_plan& plan = a_plan();
    ASSERT_TRUE(elf.plan(plan));
    EXPECT_EQ(plan.span_bytes, 0xc000u);
    EXPECT_EQ(plan.start_code, 0x2080u);
    EXPECT_EQ(plan.end_code, 0x6080u);
    EXPECT_EQ(plan.start_data, 0x5000u);
    EXPECT_EQ(plan.end_data, 0x6080u);
    EXPECT_EQ(plan.bss_start, 0x6080u);
    EXPECT_EQ(plan.bss_end, 0xe000u);
    EXPECT_EQ(plan.phdr_address, 0x5034u);  // of the last that has them
}

TEST(elf_plan, alignment_is_the_largest_power_of_two) {
    constexpr struct {
        u32 one, other, wanted;
    } cases[] = {
        {0, 0, 0},           {1, 0, 0x1000},          {0x1000, 0x10000, 0x10000},
        {3, 0x3000, 0},      {0x200000, 4, 0x200000}, {0x80000000, 0x1000, 0x80000000},
        {0xffffffff, 16, 0x1000},
    };
    for (const auto& one : cases) {
        elf_builder elf(ET_DYN, 0);
        elf.load(0, 0, 0x1000, 0x1000, RX).p_align = one.one;
        elf.load(0x1000, 0x1000, 0x1000, 0x1000, RW).p_align = one.other;
        elf_plan& plan = a_plan();
        ASSERT_TRUE(elf.plan(plan));
        EXPECT_EQ(plan.alignment, one.wanted);
    }
}

// ---- the interpreter, the stack -------------------------------------------------------

TEST(elf_plan, the_first_interpreter_counts) {
    constexpr struct {
        u32 offset, bytes;
        int error;
    } cases[] = {
        {0x100, 2, 0},       {0x100, longest_path, 0},
        {0x100, 0, ENOEXEC}, {0x100, longest_path + 1, ENOEXEC},
        {0x100, 1, ENOEXEC}, {0x100, ~0u, ENOEXEC},
        {MiB - 2, 2, 0},     {MiB - 1, 2, EIO},
        {~0u, 2, EIO},
    };
    for (const auto& one : cases) {
        elf_builder elf = usual_program();
        elf.interpreter(one.offset, one.bytes);
        elf.interpreter(0x100, 1);
        EXPECT_EQ(refused(elf), one.error);
        if (one.error) continue;
        EXPECT_EQ(scratch_as<elf_plan>().interpreter_offset, one.offset);
        EXPECT_EQ(scratch_as<elf_plan>().interpreter_bytes, one.bytes);
    }
}

TEST(elf_plan, the_last_wish_for_a_stack_counts) {
    elf_builder old(ET_EXEC, 0);
    old.load(0x08048000, 0, 0x1000, 0x1000, RX);
    EXPECT_EQ(refused(old), 0);
    EXPECT_TRUE(scratch_as<elf_plan>().stack == stack_wish::unsaid);
    old.stack(RW);
    EXPECT_EQ(refused(old), 0);
    EXPECT_TRUE(scratch_as<elf_plan>().stack == stack_wish::not_executable);
    old.stack(PF_X);
    EXPECT_EQ(refused(old), 0);
    EXPECT_TRUE(scratch_as<elf_plan>().stack == stack_wish::executable);
}
