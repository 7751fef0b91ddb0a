// The kernel's own map against its rules, by reading the tables and by really faulting.
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/extable.hpp"
#include "lib/image.hpp"
#include "lib/init.hpp"
#include "mm/map/kernel_layout.hpp"
#include "mm/map/pgdump.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"

#include <test.hpp>

extern "C" char __text_start[], __text_end[], __rodata_start[];

namespace {

u32 at(const void* pointer) { return static_cast<u32>(reinterpret_cast<uintptr_t>(pointer)); }

page_rights rights_at(u32 address) {
    const auto found = init_mm.find(address);
    return found.has_frame() ? kernel_format::rights(found.raw)
                             : page_rights{.inaccessible = true};
}

u32 fetch_error;
u32 resume_at;

bool note_fetch(trap_frame& frame) {
    fetch_error = frame.error_code;
    frame.eip = resume_at;
    return frame.vector == TRAP_PAGE_FAULT;
}

// Calls what is data, and comes back by the fault; its error code, or 0 without one.
u32 execute(const void* data) {
    fetch_error = 0;
    const trap_observer before = set_trap_observer(note_fetch);
    asm volatile("movl $1f, %0\n\tmovl %%esp, %%esi\n\tcall *%1\n1: movl %%esi, %%esp"
                 : "=m"(resume_at)
                 : "r"(data)
                 : "eax", "ecx", "edx", "esi", "memory", "cc");
    set_trap_observer(before);
    return fetch_error;
}

const u32 a_constant = 0x1234;
u32 a_variable;
[[gnu::noinline]] void a_function() { asm volatile(""); }

}  // namespace

TEST(kernel_map, every_range_keeps_the_rules) {
    const bool nx = boot_decisions().no_execute;
    for_each_mapped_range(init_mm, [&](const mapped_range& range) {
        EXPECT_GE(range.start, static_cast<u32>(PAGE_OFFSET));
        EXPECT_FALSE(range.rights.user);
        EXPECT_FALSE(range.rights.inaccessible);
        if (nx) EXPECT_TRUE(range.rights.no_execute || !range.rights.write);
        EXPECT_LE(range.last(), FIXADDR_TOP);
    });
}

TEST(kernel_map, the_linear_map_is_global_and_whole) {
    u32 next = static_cast<u32>(PAGE_OFFSET);
    for_each_mapped_range(init_mm, [&](const mapped_range& range) {
        if (range.start >= at(high_memory)) return;
        EXPECT_EQ(range.start, next);
        EXPECT_EQ(range.rights.global, boot_decisions().global_pages);
        EXPECT_EQ(init_mm.find(range.start).frame_of(range.start),
                  u64{range.start} - PAGE_OFFSET);
        next = range.last() + 1;
    });
    EXPECT_EQ(next, at(high_memory));
}

// Two borders of rights at the least lie inside large pages; no more than the image
// touches are split.
TEST(kernel_map, large_pages_are_used_where_the_cpu_has_them) {
    const u32 unit = 1u << kernel_format::shift(1);
    u32 small = 0;
    for_each_mapped_range(init_mm, [&](const mapped_range& range) {
        if (range.start < at(high_memory) && range.level == 0) small += range.pages;
    });
    const u32 all = (at(high_memory) - static_cast<u32>(PAGE_OFFSET)) >> PAGE_SHIFT;
    if (!boot_decisions().large_pages) {
        EXPECT_EQ(small, all);
        return;
    }
    const u32 image = align_up(at(image_end()), unit) - static_cast<u32>(PAGE_OFFSET);
    EXPECT_LE(small, (image + unit) >> PAGE_SHIFT);
}

TEST(kernel_map, parts_have_their_rights) {
    const bool nx = boot_decisions().no_execute;
    EXPECT_FALSE(rights_at(at(__text_start)).write);
    EXPECT_FALSE(rights_at(at(__text_start)).no_execute);
    EXPECT_FALSE(rights_at(at(reinterpret_cast<void*>(a_function))).write);
    EXPECT_FALSE(rights_at(at(&a_constant)).write);
    EXPECT_EQ(rights_at(at(&a_constant)).no_execute, nx);
    EXPECT_TRUE(rights_at(at(&a_variable)).write);
    EXPECT_EQ(rights_at(at(&a_variable)).no_execute, nx);
    const u32 here = at(__builtin_frame_address(0));
    EXPECT_TRUE(rights_at(here).write);
    EXPECT_EQ(rights_at(here).no_execute, nx);
    EXPECT_TRUE(rights_at(0).inaccessible);
    EXPECT_TRUE(rights_at(static_cast<u32>(PAGE_OFFSET) - PAGE_SIZE).inaccessible);
    EXPECT_TRUE(rights_at(at(high_memory)).inaccessible);
    EXPECT_TRUE(rights_at(FIXADDR_TOP).inaccessible);
}

TEST(kernel_map, write_protection_holds_in_ring_0) {
    EXPECT_TRUE(read_cr0() & CR0_WP);
    u32 value = 0;
    EXPECT_TRUE(probe_read(&a_constant, &value, sizeof(value)));
    EXPECT_EQ(value, 0x1234u);
    value = 1;
    EXPECT_FALSE(probe_write(const_cast<u32*>(&a_constant), &value, sizeof(value)));
    EXPECT_FALSE(probe_write(__text_start, &value, sizeof(value)));
    EXPECT_EQ(a_constant, 0x1234u);
    EXPECT_TRUE(probe_write(&a_variable, &value, sizeof(value)));
    EXPECT_EQ(a_variable, 1u);
}

TEST(kernel_map, data_is_not_executed) {
    if (!boot_decisions().no_execute) SKIP_TEST("this CPU, or two-level paging, has no NX");
    static u8 code[] = {0xc3};  // ret
    static const u8 constant_code[] = {0xc3};
    u8 on_the_stack[] = {0xc3};
    constexpr u32 fetch_of_present = 1 | 16;
    EXPECT_EQ(execute(reinterpret_cast<const void*>(a_function)), 0u);
    EXPECT_EQ(execute(code), fetch_of_present);
    EXPECT_EQ(execute(constant_code), fetch_of_present);
    EXPECT_EQ(execute(on_the_stack), fetch_of_present);
}

TEST(kernel_map, the_cpu_guards_what_it_can) {
    const cpu_features& cpu = boot_cpu();
    if (!boot_decisions().write_cr4) SKIP_TEST("this CPU has no CR4");
    const u32 cr4 = read_cr4();
    EXPECT_EQ((cr4 & CR4_SMEP) != 0, cpu.smep);
    EXPECT_EQ((cr4 & CR4_SMAP) != 0, cpu.smap);
    EXPECT_EQ((cr4 & CR4_UMIP) != 0, cpu.umip);
    EXPECT_EQ((cr4 & CR4_PGE) != 0, cpu.pge);
}

// E2: a mapping whose table is new is there in an address space that was made before.
TEST(kernel_map, a_new_mapping_is_in_every_address_space_at_once) {
    page* const top_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
    page* const frame = alloc_page(GFP_KERNEL);
    ASSERT_TRUE(top_page && frame);
    shared_pgd other{.pgd = phys_to_virt<pgd_t>(page_to_phys(top_page)), .node = {}};
    init_mm.share(other);

    constexpr u32 span = 1u << kernel_format::shift(1);
    u32 address = VMALLOC_END & ~(span - 1);
    while (init_mm.find(address).level != 1 || init_mm.find(address).raw != 0) address -= span;
    ASSERT_GT(address, vmalloc_start());

    const u32 own = read_cr3();
    write_cr3(static_cast<u32>(page_to_phys(top_page).raw()));
    const bool mapped = init_mm.map_pages(address, &frame, 1, kernel_rights(true));
    u32 value = 0x10c1;
    const bool reached = mapped && probe_write(reinterpret_cast<void*>(address), &value, 4);
    write_cr3(own);
    EXPECT_TRUE(reached);
    EXPECT_EQ(*phys_to_virt<u32>(page_to_phys(frame)), 0x10c1u);

    init_mm.unmap(address, 1);
    init_mm.flush(address, 1);
    EXPECT_FALSE(probe_read(reinterpret_cast<void*>(address), &value, 4));
    init_mm.unshare(other);
    __free_page(frame);
    __free_page(top_page);
}

// A page_rights is seven bits of a byte; the eighth is whatever its place held before.
TEST(kernel_map, padding_grants_nothing) {
    page* const frame = alloc_page(GFP_KERNEL);
    ASSERT_TRUE(frame);
    u64 entries[2];
    for (u8 padding = 0; padding < 2; ++padding) {
        page_rights rights = PAGE_KERNEL;
        volatile u8& byte = *reinterpret_cast<volatile u8*>(&rights);
        byte = static_cast<u8>(byte | padding << 7);
        void* const area = vmap(&frame, 1, 0, rights);
        EXPECT_TRUE(area);
        entries[padding] = the_vmalloc_space().entry_of(vmalloc_address(area));
        vunmap(area);
    }
    EXPECT_EQ(entries[0], entries[1]);
    the_vmalloc_space().purge();
    __free_page(frame);
}

TEST(kernel_map, the_init_text_is_data_once_it_is_given_back) {
    if (!init_memory_is_freed()) SKIP_TEST("it is still needed");
    EXPECT_TRUE(rights_at(at(__init_begin)).write);
    EXPECT_EQ(rights_at(at(__init_begin)).no_execute, boot_decisions().no_execute);
}
