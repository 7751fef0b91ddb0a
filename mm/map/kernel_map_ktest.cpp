// The kernel's own map against its rules, by reading the tables and by really faulting.
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/extable.hpp"
#include "lib/init.hpp"
#include "mm/map/kernel_layout.hpp"
#include "mm/map/pgdump.hpp"
#include "mm/phys/page_alloc.hpp"

#include <test.hpp>

extern "C" char __text_start[], __text_end[], __rodata_start[], __image_end[];

namespace {

u32 at(const void* pointer) { return static_cast<u32>(reinterpret_cast<uintptr_t>(pointer)); }

page_rights rights_at(u32 address) {
    const auto found = init_mm.find(address);
    return found.has_frame() ? kernel_format::rights(found.raw)
                             : page_rights{.inaccessible = true};
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
    const u32 image = align_up(at(__image_end), unit) - static_cast<u32>(PAGE_OFFSET);
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
