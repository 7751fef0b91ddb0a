// Pages of high memory through each of the ways that lead to them.
#include "mm/map/highmem.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/extable.hpp"
#include "mm/map/kernel_layout.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/kmalloc.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t high = GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN;

// Null where the machine has no high memory.
page* high_page() {
    page* const page = alloc_page(high);
    if (page && PageHighMem(*page)) return page;
    if (page) __free_page(page);
    return nullptr;
}

u32& word(void* address) { return *static_cast<u32*>(address); }

bool can_touch(void* address) {
    u32 value = 0;
    return probe_read(address, &value, sizeof(value));
}

}  // namespace

#define NEEDS_HIGH_PAGE(name)      \
    page* const name = high_page(); \
    if (!name) SKIP_TEST("there is no high memory")

TEST(highmem, a_page_of_low_memory_has_its_own_address) {
    page* const low = alloc_page(GFP_KERNEL);
    ASSERT_TRUE(low);
    void* const linear = phys_to_virt(page_to_phys(low));
    EXPECT_EQ(kmap(low), linear);
    kunmap(low);
    EXPECT_EQ(page_address(low), linear);
    void* const atomic = kmap_atomic(low);
    EXPECT_EQ(atomic, linear);
    kunmap_atomic(atomic);
    EXPECT_TRUE(can_touch(linear));
    __free_page(low);
}

TEST(highmem, what_one_way_writes_the_others_read) {
    NEEDS_HIGH_PAGE(page);
    u32* const permanent = static_cast<u32*>(kmap(page));
    ASSERT_TRUE(permanent);
    EXPECT_EQ(page_address(page), static_cast<void*>(permanent));
    permanent[0] = 0xca11ab1e;
    permanent[1023] = 1023;

    u32* const atomic = static_cast<u32*>(kmap_atomic(page));
    EXPECT_EQ(atomic[0], 0xca11ab1eu);
    EXPECT_EQ(atomic[1023], 1023u);
    atomic[7] = 7;
    kunmap_atomic(atomic);

    u32* const area = static_cast<u32*>(vmap(&page, 1, 0, PAGE_KERNEL));
    ASSERT_TRUE(area);
    EXPECT_EQ(area[7], 7u);
    area[8] = 8;
    EXPECT_EQ(permanent[8], 8u);
    vunmap(area);
    the_vmalloc_space().purge();
    kunmap(page);
    kmap_flush_unused();
    EXPECT_TRUE(!page_address(page));
    __free_page(page);
}

TEST(highmem, an_atomic_mapping_faults_when_it_is_gone) {
    NEEDS_HIGH_PAGE(page);
    void* const mapped = kmap_atomic(page);
    word(mapped) = 1;
    EXPECT_TRUE(can_touch(mapped));
    kunmap_atomic(mapped);
    EXPECT_FALSE(can_touch(mapped));
    __free_page(page);
}

TEST(highmem, atomic_mappings_nest) {
    page* pages[KM_TYPE_NR] = {};
    void* mapped[KM_TYPE_NR];
    u32 count = 0;
    while (count < KM_TYPE_NR && (pages[count] = high_page())) ++count;
    for (u32 i = 0; i < count; ++i) word(mapped[i] = kmap_atomic(pages[i])) = i;
    EXPECT_EQ(preempt_count(), count);
    for (u32 i = 0; i < count; ++i) EXPECT_EQ(word(mapped[i]), i);
    for (u32 i = count; i-- > 0;) kunmap_atomic(mapped[i]);
    for (u32 i = 0; i < count; ++i) __free_page(pages[i]);
    if (count == 0) SKIP_TEST("there is no high memory");
    EXPECT_EQ(count, KM_TYPE_NR);
}

// C1: each frame of high memory is one of its own, whichever way it is reached. All of
// them where they are not too many to wait for.
TEST(highmem, every_frame_keeps_its_stamp) {
    constexpr u32 most = 32768;
    zone& zone = the_page_allocator().zone_at(ZONE_HIGHMEM);
    if (zone.managed_pages() == 0) SKIP_TEST("there is no high memory");
    page_list frames;
    u32 count = 0;
    while (page* const page = count < most ? alloc_page(high) : nullptr) {
        if (!PageHighMem(*page)) {
            __free_page(page);
            break;
        }
        void* const mapped = kmap_atomic(page);
        word(mapped) = page_to_pfn(page).raw();
        kunmap_atomic(mapped);
        frames.push_back(*page);
        ++count;
    }
    u32 wrong = 0;
    while (page* const page = frames.pop_front()) {
        void* const mapped = kmap_atomic(page);
        wrong += word(mapped) != page_to_pfn(page).raw();
        kunmap_atomic(mapped);
        __free_page(page);
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_GT(count, min_of(most, zone.managed_pages()) / 2);
}

// A5: what kmalloc and the page calls give out lies in the linear map, vmalloc's never.
TEST(highmem, only_vmalloc_is_outside_the_linear_map) {
    const auto is_linear = [](const void* address) {
        const uintptr_t at = reinterpret_cast<uintptr_t>(address);
        return at >= PAGE_OFFSET && at < reinterpret_cast<uintptr_t>(high_memory);
    };
    void* const page = __get_free_page(GFP_KERNEL);
    void* const object = kmalloc(100, GFP_KERNEL);
    void* const area = vmalloc(100);
    EXPECT_TRUE(is_linear(page));
    EXPECT_TRUE(is_linear(object));
    EXPECT_FALSE(is_linear(area));
    EXPECT_EQ(phys_to_virt(virt_to_phys(object)), object);
    vfree(area);
    the_vmalloc_space().purge();
    kfree(object);
    free_page(page);
}
