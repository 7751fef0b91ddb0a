// The tests against what their unpacking promises. They are here while they run, so that
// they come and go is for the monitor to show (tools/lib/situations.py).
#include "kernel/selftest/packed_tests.hpp"

#include "arch/i386/cpu_features.hpp"
#include "lib/image.hpp"
#include "mm/map/init_mm.hpp"
#include "mm/map/vmalloc.hpp"

#include <test.hpp>

namespace {

constexpr char a_constant[] = "read only";
constinit u32 a_variable = 0;

u32 at(const volatile void* address) { return vmalloc_address(address); }

template <class Check>
void for_each_page(const char* start, const char* end, Check check) {
    for (u32 page = at(start); page != at(end); page += PAGE_SIZE) {
        const auto found = init_mm.find(page);
        ASSERT_TRUE(found.has_frame());
        check(kernel_format::rights(found.raw));
    }
}

}  // namespace

TEST(packed_tests, are_executed_or_read_and_never_written) {
    const bool nx = boot_decisions().no_execute;
    for_each_page(__tests_start, __tests_text_end, [](page_rights rights) {
        EXPECT_FALSE(rights.write);
        EXPECT_FALSE(rights.no_execute);
    });
    for_each_page(__tests_text_end, __tests_end, [nx](page_rights rights) {
        EXPECT_FALSE(rights.write);
        EXPECT_EQ(rights.no_execute, nx);
    });
}

TEST(packed_tests, have_their_variables_in_the_kernel) {
    EXPECT_TRUE(at(a_constant) >= at(__tests_text_end) && at(a_constant) < at(__tests_end));
    EXPECT_TRUE(at(&a_variable) >= at(__data_start) && at(&a_variable) < at(__data_end));
}

TEST(packed_tests, lie_in_an_area_that_nobody_else_gets) {
    const vm_struct* const area = find_vm_area(__tests_start);
    ASSERT_TRUE(area);
    EXPECT_EQ(area->va_start, at(__tests_start));
    EXPECT_EQ(area->va_end, at(__tests_end) + PAGE_SIZE);
    EXPECT_EQ(area->nr_pages, (at(__tests_end) - at(__tests_start)) >> PAGE_SHIFT);
    EXPECT_TRUE(area->flags & VM_STATIC);
}

TEST(packed_tests, are_here_for_as_long_as_anybody_wants_them) {
    {
        const unpacked_tests again;
        EXPECT_FALSE(again.problem());
    }
    EXPECT_TRUE(tests_are_unpacked());
    EXPECT_TRUE(init_mm.frame_of(at(__tests_start)).has_value());
}

TEST(packed_tests, take_half_of_their_size_in_the_image) {
    EXPECT_GT(packed_tests().size(), 0u);
    EXPECT_LT(2 * packed_tests().size(), u32(__tests_end - __tests_start));
    EXPECT_EQ(image_end() - __data_end,
              static_cast<int>(align_up(u32(packed_tests().size()) + 4, u32{PAGE_SIZE})));
}
