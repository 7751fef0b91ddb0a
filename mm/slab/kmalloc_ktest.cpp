// What the compiler makes of a size that it knows.
#include "mm/slab/kmalloc.hpp"

#include "lib/string.hpp"

#include <test.hpp>

[[gnu::noinline]] static void* kmalloc_of_a_constant() { return kmalloc(32, GFP_KERNEL); }

// Two instructions, and the call:
//
//     a1 xx xx xx xx     mov  kmalloc_caches + 4 * 5, %eax
//     ba xx xx xx xx     mov  $GFP_KERNEL, %edx
TEST(kmalloc_code, a_constant_size_costs_two_loads) {
    if (dear_checks) SKIP_TEST("DEBUG=1 is hardly optimised");
    u8 cache_load[5] = {0xa1}, mask_load[5] = {0xba};
    kmem_cache** const place = &kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(32)];
    const u32 mask = u32(GFP_KERNEL);
    memcpy(cache_load + 1, &place, 4);
    memcpy(mask_load + 1, &mask, 4);

    const u8* const code = reinterpret_cast<const u8*>(kmalloc_of_a_constant);
    bool found = false;
    for (u32 i = 0; i < 16; ++i) {
        const u8* const at = code + i;
        const bool cache_first = !memcmp(at, cache_load, 5) && !memcmp(at + 5, mask_load, 5);
        const bool mask_first = !memcmp(at, mask_load, 5) && !memcmp(at + 5, cache_load, 5);
        // Perhaps with the prologue's mov %esp, %ebp before the call.
        const u8* const call = at[10] == 0x89 ? at + 12 : at + 10;
        found |= (cache_first || mask_first) && *call == 0xe8;
    }
    EXPECT_TRUE(found);
    void* const object = kmalloc_of_a_constant();
    EXPECT_TRUE(object);
    kfree(object);
}
