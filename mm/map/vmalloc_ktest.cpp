// vmalloc on the kernel's own page tables: contents, zones, faults at guards, and long
// arrays of pages.
#include "arch/i386/extable.hpp"
#include "lib/demo.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_fixture.hpp"

#include <test.hpp>

namespace {

template <class T>
T* at(void* area, u32 offset) {
    return reinterpret_cast<T*>(static_cast<char*>(area) + offset);
}

// May be gone only once it is flushed.
bool faults(const void* address) {
    u8 byte;
    return !probe_read(address, &byte, 1);
}

}  // namespace

TEST(vmalloc_kernel, what_is_written_is_there_again) {
    constexpr u32 bytes = 20 * PAGE_SIZE;
    void* const area = vmalloc(bytes);
    ASSERT_TRUE(area);
    EXPECT_TRUE(is_vmalloc_addr(area));
    for (u32 i = 0; i < bytes; i += 64) *at<u32>(area, i) = i ^ 0x5aa5;
    void* const again = vmap(find_vm_area(area)->pages, 20, 0, PAGE_KERNEL_RO);
    ASSERT_TRUE(again);
    u32 wrong = 0;
    for (u32 i = 0; i < bytes; i += 64)
        wrong += *at<u32>(area, i) != (i ^ 0x5aa5) || *at<u32>(again, i) != (i ^ 0x5aa5);
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(vmalloc_to_page(at<char>(again, 5000)), vmalloc_to_page(at<char>(area, 5000)));
    EXPECT_EQ(vmalloc_to_pfn(area).raw(), page_to_pfn(vmalloc_to_page(area)).raw());
    EXPECT_FALSE(probe_write(again, area, 1));  // read-only
    vunmap(again);
    vfree(area);
}

TEST(vmalloc_kernel, frames_are_of_high_memory_where_there_is_any) {
    void* const area = vmalloc(3 * PAGE_SIZE);
    ASSERT_TRUE(area);
    const bool any = the_page_allocator().zone_at(ZONE_HIGHMEM).free_pages() > 1000;
    for (u32 i = 0; i < 3; ++i)
        if (any) EXPECT_TRUE(PageHighMem(*vmalloc_to_page(at<char>(area, i * PAGE_SIZE))));
    vfree(area);
}

TEST(vmalloc_kernel, vzalloc_is_zero) {
    void* const dirty = vmalloc(4 * PAGE_SIZE);
    ASSERT_TRUE(dirty);
    for (u32 i = 0; i < 4 * PAGE_SIZE; i += 4) *at<u32>(dirty, i) = ~0u;
    vfree(dirty);
    void* const area = vzalloc(4 * PAGE_SIZE);
    ASSERT_TRUE(area);
    u32 any = 0;
    for (u32 i = 0; i < 4 * PAGE_SIZE; i += 4) any |= *at<u32>(area, i);
    EXPECT_EQ(any, 0u);
    vfree(area);
}

TEST(vmalloc_kernel, the_guard_faults_and_names_the_area) {
    void* const area = vmalloc(2 * PAGE_SIZE);
    ASSERT_TRUE(area);
    EXPECT_FALSE(faults(at<u8>(area, 2 * PAGE_SIZE - 1)));
    EXPECT_TRUE(faults(at<u8>(area, 2 * PAGE_SIZE)));
    const vm_struct* const owner = find_vm_area(at<u8>(area, 2 * PAGE_SIZE + 17));
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->addr(), area);
    EXPECT_TRUE(owner->is_guard(vmalloc_address(area) + 2 * PAGE_SIZE + 17));
    vfree(area);
}

// The same address, another frame: whoever remembers the first would read it.
TEST(vmalloc_kernel, no_address_comes_back_unflushed) {
    the_vmalloc_space().purge();
    void* const first = vmalloc(PAGE_SIZE);
    ASSERT_TRUE(first);
    *at<volatile u32>(first, 0) = 0x11111111;
    page* const other = alloc_page(GFP_KERNEL);
    ASSERT_TRUE(other);
    *static_cast<u32*>(lowmem_page_address(other)) = 0x22222222;
    vfree(first);
    the_vmalloc_space().purge();
    EXPECT_TRUE(faults(first));
    void* const second = vmap(&other, 1, 0, PAGE_KERNEL);
    EXPECT_EQ(second, first);
    EXPECT_EQ(*at<volatile u32>(second, 0), 0x22222222u);
    vunmap(second);
    __free_page(other);
}

// The array of pages is longer than a page, and so is in vmalloc space itself.
TEST(vmalloc_kernel, an_array_of_pages_longer_than_a_page) {
    constexpr u32 pages = PAGE_SIZE / sizeof(page*) + 1;
    if (the_page_allocator().free_pages_count() < 2 * pages)
        SKIP_TEST("there are too few free pages");
    void* const area = vmalloc(pages * PAGE_SIZE);
    ASSERT_TRUE(area);
    EXPECT_TRUE(is_vmalloc_addr(find_vm_area(area)->pages));
    EXPECT_EQ(find_vm_area(area)->nr_pages, pages);
    *at<u32>(area, (pages - 1) * PAGE_SIZE) = 17;
    EXPECT_EQ(vmalloc_to_page(at<u8>(area, (pages - 1) * PAGE_SIZE)),
              find_vm_area(area)->pages[pages - 1]);
    const u32 areas = the_vmalloc_space().stats().areas;
    vfree(area);
    EXPECT_EQ(the_vmalloc_space().stats().areas, areas - 2);
}

TEST(vmalloc_kernel, the_window_keeps_its_invariants) {
    the_vmalloc_space().check_invariants();
    for (const char* const name : {"vmalloc", "kmalloc-vmalloc"})
        for (const demonstration* const demo : registered<demonstration>()) {
            if (std::string_view(demo->name) != name) continue;
            page_fixture::output().clear();
            EXPECT_EQ(demo->run(page_fixture::output()), 0);
            EXPECT_FALSE(page_fixture::output().truncated());
        }
    the_vmalloc_space().check_invariants();
}
