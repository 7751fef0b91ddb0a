// Addresses of what is no object, given to those who take objects: each is reported, with
// the address and the caller, and nothing happens to anything.
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

namespace {

u32 a_static_variable = 1;

// As far as frames have addresses.
uintptr_t lowmem_bytes() {
    return static_cast<uintptr_t>(min_of<u64>(u64{max_pfn} << PAGE_SHIFT, linear_map_bytes));
}

// Also a page of somebody else.
class bad_addresses {
public:
    bad_addresses() {
        page_ = static_cast<u8*>(__get_free_page(GFP_KERNEL));
        EXPECT_TRUE(page_);
        memset(page_, 0x33, PAGE_SIZE);
        const uintptr_t numbers[] = {
            20,                                  // a field of a structure at null
            0x08048000,                          // a program's
            PAGE_OFFSET - 64,                    // just below the linear map
            PAGE_OFFSET + lowmem_bytes(),        // just behind the linear map
            static_cast<uintptr_t>(0xf8800040),  // of vmalloc
            ~uintptr_t{11},                      // an error code
            PAGE_OFFSET,                         // the first frame
        };
        for (const uintptr_t number : numbers) add(reinterpret_cast<void*>(number));
        add(&a_static_variable);
        add(this);  // on the stack
        add(page_);
        add(page_ + 64);
    }
    ~bad_addresses() {
        EXPECT_TRUE(all_bytes_are(page_, PAGE_SIZE, 0x33));
        EXPECT_EQ(a_static_variable, 1u);
        free_page(page_);
    }
    const void* const* begin() const { return addresses_; }
    const void* const* end() const { return addresses_ + count_; }

private:
    void add(const void* address) { addresses_[count_++] = address; }

    u8* page_;
    u32 count_ = 0;
    const void* addresses_[16] = {};
};

void* writable(const void* address) { return const_cast<void*>(address); }

// Not known to the compiler.
const void* hidden(const void* address) {
    asm volatile("" : "+r"(address));
    return address;
}

void expect_reported(slab_reports& reports, const void* address) {
    EXPECT_NE(reports[0].caller, 0u);
    EXPECT_TRUE(reports.only(slab_bug::not_an_object, address));
}

}  // namespace

TEST(slab_addresses, of_no_object_are_not_freed_by_kfree) {
    const bad_addresses addresses;
    const u32 before = the_page_allocator().pages_in_use();
    for (const void* const address : addresses) {
        slab_reports reports;
        kfree(hidden(address));
        expect_reported(reports, address);
    }
    EXPECT_EQ(the_page_allocator().pages_in_use(), before);
}

TEST(slab_addresses, of_a_free_page_are_not_freed_by_kfree) {
    u8* const page = static_cast<u8*>(__get_free_page(GFP_KERNEL));
    ASSERT_TRUE(page);
    free_page(page);
    slab_reports reports;
    for (u8* const address : {page, page + 64}) {
        kfree(hidden(address));
        expect_reported(reports, address);
        EXPECT_EQ(ksize(hidden(address)), 0u);
        expect_reported(reports, address);
    }
}

TEST(slab_addresses, of_no_object_have_no_size) {
    const bad_addresses addresses;
    for (const void* const address : addresses) {
        slab_reports reports;
        EXPECT_EQ(ksize(hidden(address)), 0u);
        expect_reported(reports, address);
    }
}

TEST(slab_addresses, of_no_object_are_not_reallocated) {
    const bad_addresses addresses;
    const u32 before = the_page_allocator().pages_in_use();
    for (const void* const address : addresses) {
        slab_reports reports;
        EXPECT_FALSE(krealloc(hidden(address), 40, GFP_KERNEL));
        expect_reported(reports, address);
        EXPECT_EQ(krealloc(hidden(address), 0, GFP_KERNEL), ZERO_SIZE_PTR);
        expect_reported(reports, address);
    }
    EXPECT_EQ(the_page_allocator().pages_in_use(), before);
}

// With an active slab and a stack, and without.
STRATEGY_TEST(addresses_of_no_object_are_not_freed_to_a_cache) {
    const bad_addresses addresses;
    for (const slab_flags_t flags : {slab_flags_t{0}, SLAB_DEBUG_FLAGS}) {
        test_cache cache(strategy, 40, 0, flags);
        ASSERT_TRUE(cache);
        for (u32 round = 0; round < 2; ++round) {
            u8* const object = round == 0 ? nullptr : cache.alloc();
            for (const void* const address : addresses) {
                slab_reports reports;
                kmem_cache_free(cache.get(), writable(hidden(address)));
                expect_reported(reports, address);
            }
            cache.check();
            u8* const next = cache.alloc();
            ASSERT_TRUE(next);
            fill_contents(next, 40, 3);
            cache.free(next);
            if (object) cache.free(object);
        }
    }
}

// Its page is a slab's, but another cache's: seen without any debugging.
STRATEGY_TEST(objects_of_another_cache_are_not_taken) {
    if (&strategy == &slob_strategy()) SKIP_TEST("slob does not know whose objects are");
    test_cache cache(strategy, 40), other(strategy, 40);
    ASSERT_TRUE(cache && other);
    u8* const object = other.alloc();
    ASSERT_TRUE(object);
    slab_reports reports;
    cache.free(object);
    EXPECT_NE(reports[0].caller, 0u);
    EXPECT_TRUE(reports.only(slab_bug::wrong_cache, object));
    EXPECT_EQ(other.live(), 1u);
    other.free(object);
    EXPECT_EQ(reports.count(), 0u);
}
