// Faults of the real CPU: the kernel at a program's addresses, and an instruction that
// touches six pages, none of which is there.
#include <cpu/irqflags.hpp>
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/traps.hpp"
#include "lib/test/scratch.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/fault.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/user_access.hpp"
#include "mm/vm/user_pages.hpp"

#include <test.hpp>

namespace {

// A space that is loaded while it lives.
class loaded_space {
public:
    loaded_space() : mm_(mm_alloc()), before_(use_mm(mm_)) {}
    ~loaded_space() {
        use_mm(before_);
        if (mm_) mmput(*mm_);
    }
    bool made() const { return mm_ != nullptr; }
    mm_struct& mm() const { return *mm_; }

    u32 map(u32 pages, u32 prot, file* file = nullptr) const {
        const u32 flags = file ? MAP_PRIVATE : MAP_PRIVATE | MAP_ANONYMOUS;
        return do_mmap(*mm_, 0, pages * PAGE_SIZE, prot, flags, file, 0).value_or(0);
    }

private:
    mm_struct* mm_;
    mm_struct* before_;
};

u32 faults_seen;

bool resolve(trap_frame& frame) {
    if (frame.vector != TRAP_PAGE_FAULT) return false;
    const u32 address = read_cr2();
    ++faults_seen;
    local_irq_enable();
    const fault_outcome outcome = do_page_fault(address, frame.error_code, true, frame.eip);
    local_irq_disable();
    return static_cast<bool>(outcome);
}

// In ring 0, as if there were neither SMEP nor SMAP: the flag AC opens users' pages.
void call_user(u32 ip, u32 to, u32 from) {
    const bool smep = boot_decisions().protections & CR4_SMEP;
    if (smep) write_cr4(read_cr4() & ~CR4_SMEP);
    const trap_observer before = set_trap_observer(resolve);
    asm volatile("pushfl\n\t"
                 "pushfl\n\t"
                 "orl $0x40000, (%%esp)\n\t"
                 "popfl\n\t"
                 "call *%2\n\t"
                 "popfl"
                 : "+D"(to), "+S"(from)
                 : "a"(ip)
                 : "ecx", "edx", "memory", "cc");
    set_trap_observer(before);
    if (smep) write_cr4(read_cr4() | CR4_SMEP);
}

}  // namespace

TEST(vm_faults, the_kernel_reads_and_writes_a_program_s_memory) {
    loaded_space space;
    ASSERT_TRUE(space.made());
    const u32 base = space.map(3, PROT_READ | PROT_WRITE);
    ASSERT_NE(base, 0u);
    struct room { u8 bytes[6000], back[6000]; };
    auto& [bytes, back] = in_scratch<room>();
    for (u32 i = 0; i < sizeof(bytes); ++i) bytes[i] = static_cast<u8>(i * 7);
    EXPECT_EQ(copy_to_user(user_ptr<u8>(base + 1001), bytes, sizeof(bytes)), 0u);
    EXPECT_EQ(copy_from_user(back, user_ptr<u8>(base + 1001), sizeof(back)), 0u);
    EXPECT_EQ(memcmp(bytes, back, sizeof(bytes)), 0);
    EXPECT_EQ(clear_user(user_ptr<u8>(base + 1002), 5000), 0u);
    u8 byte = 1;
    EXPECT_TRUE(get_user(byte, user_ptr<const u8>(base + 6001)));
    EXPECT_EQ(byte, 0);
    EXPECT_EQ(space.mm().min_flt, 2u);
    check_pages(space.mm());
}

TEST(vm_faults, what_is_missing_is_told_to_the_byte) {
    loaded_space space;
    ASSERT_TRUE(space.made());
    const u32 base = space.map(1, PROT_READ | PROT_WRITE);
    ASSERT_NE(base, 0u);
    u8 bytes[16] = {};
    for (u32 there = 0; there < 9; ++there) {
        const u32 at = base + PAGE_SIZE - there;
        EXPECT_EQ(copy_to_user(user_ptr<u8>(at), bytes, 16), 16 - there);
        EXPECT_EQ(copy_from_user(bytes, user_ptr<u8>(at), 16), 16 - there);
        EXPECT_EQ(clear_user(user_ptr<u8>(at), 16), 16 - there);
    }
    EXPECT_EQ(copy_to_user(user_ptr<u8>(TASK_SIZE), bytes, 1), 1u);
}

TEST(vm_faults, a_value_over_two_pages_is_had_as_a_whole_or_not_at_all) {
    loaded_space space;
    ASSERT_TRUE(space.made());
    const u32 base = space.map(2, PROT_READ | PROT_WRITE);
    ASSERT_NE(base, 0u);
    const user_ptr<u32> place(base + PAGE_SIZE - 2);
    u32 value = 1;
    EXPECT_TRUE(static_cast<bool>(put_user(0x11223344u, place)));
    EXPECT_TRUE(static_cast<bool>(get_user(value, user_ptr<const u32>(place))));
    EXPECT_EQ(value, 0x11223344u);
    ASSERT_TRUE(static_cast<bool>(do_munmap(space.mm(), base + PAGE_SIZE, PAGE_SIZE)));
    EXPECT_FALSE(static_cast<bool>(put_user(~0u, place)));
    EXPECT_FALSE(static_cast<bool>(get_user(value, user_ptr<const u32>(place))));
    EXPECT_EQ(value, 0u);
    u16 rest = 0;  // what was written at first
    EXPECT_TRUE(static_cast<bool>(get_user(rest, user_ptr<const u16>(place.raw()))));
    EXPECT_EQ(rest, 0x3344u);
}

TEST(vm_faults, a_program_s_addresses_mean_nothing_without_a_space) {
    mm_struct* const before = use_mm(nullptr);
    u8 byte = 1;
    EXPECT_EQ(copy_from_user(&byte, user_ptr<u8>(0x08048000), 1), 1u);
    use_mm(before);
}

TEST(vm_faults, a_movsl_that_straddles_pages_takes_exactly_six_faults) {
    loaded_space space;
    ASSERT_TRUE(space.made());
    const result<memory_file*> file = memory_file::create("movsl");
    ASSERT_TRUE(static_cast<bool>(file));
    const u8 code[] = {0x3e, 0xa5, 0xc3};  // ds movsl, across the border; ret
    EXPECT_TRUE(static_cast<bool>((*file)->write(PAGE_SIZE - 1, code, sizeof(code))));
    const u32 text = space.map(2, PROT_READ | PROT_EXEC, *file);
    const u32 data = space.map(4, PROT_READ | PROT_WRITE);
    ASSERT_TRUE(text != 0 && data != 0);
    const u32 around = fault_around_pages;
    fault_around_pages = 1;
    faults_seen = 0;
    call_user(text + PAGE_SIZE - 1, data + 3 * PAGE_SIZE - 2, data + PAGE_SIZE - 2);
    fault_around_pages = around;
    EXPECT_EQ(faults_seen, 6u);
    EXPECT_EQ(space.mm().min_flt, 6u);
    check_pages(space.mm());
    fput(*file);
}

TEST(vm_faults, each_space_has_its_own_page_at_an_address) {
    loaded_space one;
    ASSERT_TRUE(one.made());
    const u32 base = one.map(1, PROT_READ | PROT_WRITE);
    EXPECT_TRUE(static_cast<bool>(put_user<u32>(1, user_ptr<u32>(base))));
    const result<mm_struct*> copy = dup_mm(one.mm());
    ASSERT_TRUE(static_cast<bool>(copy));
    use_mm(*copy);
    EXPECT_TRUE(static_cast<bool>(put_user<u32>(2, user_ptr<u32>(base))));
    use_mm(&one.mm());
    u32 value = 0;
    EXPECT_TRUE(static_cast<bool>(get_user(value, user_ptr<const u32>(base))));
    EXPECT_EQ(value, 1u);
    mmput(**copy);
}
