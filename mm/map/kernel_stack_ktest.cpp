#include "mm/map/kernel_stack.hpp"

#include "arch/i386/extable.hpp"
#include "mm/map/kernel_fault.hpp"
#include "mm/map/layout.hpp"
#include "mm/map/vmalloc.hpp"

#include <test.hpp>

namespace {

u32 at(const void* pointer) { return static_cast<u32>(reinterpret_cast<uintptr_t>(pointer)); }

bool can_touch(u32 address) {
    u8 byte = 0;
    return probe_read(reinterpret_cast<const void*>(address), &byte, 1);
}

// And leaves nothing behind.
void give_back(void* stack) {
    free_kernel_stack(stack);
    drain_kernel_stacks();
    the_vmalloc_space().purge();
}

}  // namespace

TEST(kernel_stack, is_two_pages_between_two_that_fault) {
    void* const stack = alloc_kernel_stack();
    ASSERT_TRUE(stack);
    EXPECT_TRUE(can_touch(at(stack)));
    EXPECT_TRUE(can_touch(at(stack) + THREAD_SIZE - 1));
    EXPECT_FALSE(can_touch(at(stack) - 1));
    EXPECT_FALSE(can_touch(at(stack) + THREAD_SIZE));
    give_back(stack);
}

TEST(kernel_stack, knows_whose_end_an_address_is_below) {
    void* const stack = alloc_kernel_stack();
    ASSERT_TRUE(stack);
    EXPECT_EQ(kernel_stack_above(at(stack) - 1), at(stack));
    EXPECT_EQ(kernel_stack_above(at(stack) - PAGE_SIZE), at(stack));
    EXPECT_EQ(kernel_stack_above(at(stack) - PAGE_SIZE - 1), 0u);
    EXPECT_EQ(kernel_stack_above(at(stack)), 0u);
    give_back(stack);
}

TEST(kernel_stack, this_one_is_known_as_well) {
    const vm_struct* const area = find_vm_area(__builtin_frame_address(0));
    ASSERT_TRUE(area);
    EXPECT_EQ(area->size() - area->guard_size(), THREAD_SIZE);
    EXPECT_EQ(kernel_stack_above(area->va_start - 1), area->va_start);
}

TEST(kernel_stack, all_are_given_back_or_kept) {
    constexpr unsigned many = 5;
    void* stacks[many];
    for (void*& stack : stacks) ASSERT_TRUE(stack = alloc_kernel_stack());
    for (unsigned i = 0; i < many; ++i)
        for (unsigned j = 0; j < i; ++j) EXPECT_NE(stacks[i], stacks[j]);
    for (void* stack : stacks) free_kernel_stack(stack);
    void* const again = alloc_kernel_stack();
    EXPECT_EQ(again, stacks[1]);  // two were kept, the last of them comes first
    free_kernel_stack(again);
    EXPECT_EQ(drain_kernel_stacks(), 4u);
    EXPECT_EQ(drain_kernel_stacks(), 0u);
    the_vmalloc_space().purge();
}

TEST(kernel_fault, an_address_has_a_name) {
    const struct {
        u32 address, error;
        std::string_view words;
    } cases[] = {
        {8, 0, "a null pointer"},
        {0x08048000, PF_PRESENT, "a user's address, without copy_from_user"},
        {at(reinterpret_cast<const void*>(describe_kernel_fault)), PF_PRESENT | PF_WRITE,
         "kernel text, which is read-only"},
        {at(__builtin_frame_address(0)), PF_RESERVED, "a page table with reserved bits set"},
        {VMALLOC_END, 0, "the gap before kmap's window"},
        {0xfffff123, 0, "the last page, which is never mapped"},
    };
    for (const auto& one : cases) {
        text_buffer<80> out;
        describe_kernel_fault(out, one.address, one.error);
        EXPECT_EQ(out.view(), one.words);
    }
}
