// The strategy: what an object is given, where it lies, and what is noticed.
#include "mm/slab/slob.hpp"

#include "lib/random.hpp"
#include "lib/string.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;

u32 pages_in_use() { return the_page_allocator().pages_in_use(); }
// slub_debug= for all caches: then nothing shares pages.
bool are_debugged() { return slab_debug_flags("slob-test") != 0; }
uintptr_t raw(const void* address) { return reinterpret_cast<uintptr_t>(address); }
char* bytes(void* at) { return static_cast<char*>(at); }

// What is reported meanwhile.
struct reports {
    reports() {
        count = 0;
        before = set_slab_reporter([](const slab_report& report) {
            ++count;
            last = report.bug;
            object = report.object;
        });
    }
    ~reports() { set_slab_reporter(before); }
    static void expect_one(slab_bug bug, const void* of) {
        EXPECT_EQ(count, 1u);
        EXPECT_EQ(last, bug);
        EXPECT_TRUE(object == of);
        count = 0;
    }

    slab_reporter before;
    static inline u32 count;
    static inline slab_bug last;
    static inline const void* object;
};

// A cache of slob's, whatever the kernel's are. At the end all is given back.
struct test_cache {
    explicit test_cache(size_t size, slab_flags_t flags = 0, size_t align = 0,
                        slab_ctor ctor = nullptr)
        : cache(kmem_cache_create_with(slob_strategy(), "slob-test", size, align,
                                       flags | SLAB_NO_MERGE, ctor)),
          pages_before(pages_in_use()) {
        EXPECT_TRUE(cache != nullptr);
    }
    ~test_cache() {
        slob_strategy().check_invariants(*cache);
        EXPECT_TRUE(kmem_cache_destroy(cache));
    }

    char* get(gfp_t mask = quiet) {
        char* const object = bytes(kmem_cache_alloc(cache, mask));
        slob_strategy().check_invariants(*cache);
        return object;
    }
    // Of a kmalloc cache.
    char* get_some(size_t size, gfp_t mask = quiet) {
        char* const object = bytes(kmem_cache_alloc_from(cache, size, mask, 0));
        slob_strategy().check_invariants(*cache);
        return object;
    }
    void put(void* object) {
        kmem_cache_free(cache, object);
        slob_strategy().check_invariants(*cache);
    }
    size_t usable(const void* object) {
        return slob_strategy().usable_size(*cache, object);
    }
    u32 active() { return slob_strategy().count(*cache).active_objects; }

    kmem_cache* cache;
    u32 pages_before;
};

}  // namespace

TEST(slob, an_object_of_kmalloc_has_its_size_in_front) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    test_cache of(128, SLAB_KMALLOC);
    for (const size_t size : {97, 100, 101, 120, 127, 128}) {
        char* const object = of.get_some(size);
        ASSERT_TRUE(object != nullptr);
        EXPECT_EQ(of.usable(object), size);
        EXPECT_EQ(*reinterpret_cast<u32*>(object - slob_heap::unit) & 0xffff, size);
        of.put(object);
    }
}

TEST(slob, an_object_of_kmalloc_is_aligned) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    for (unsigned shift = KMALLOC_SHIFT_LOW; shift <= 13; ++shift) {
        const size_t size = size_t{1} << shift;
        test_cache of(size, SLAB_KMALLOC, min_of(size, size_t{PAGE_SIZE}));
        char* const whole = of.get_some(size);
        char* const less = of.get_some(size - 1);
        ASSERT_TRUE(whole && less);
        EXPECT_EQ(raw(whole) % min_of(size, size_t{PAGE_SIZE}), 0u);
        EXPECT_EQ(raw(less) % slob_kmalloc_align, 0u);
        of.put(whole);
        of.put(less);
    }
}

TEST(slob, a_zeroed_object_ends_where_it_was_asked_to) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    test_cache of(256, SLAB_KMALLOC);
    constexpr size_t size = 220;
    char* objects[12];
    for (u32 i = 0; i < std::size(objects); ++i) {
        objects[i] = of.get_some(size);
        ASSERT_TRUE(objects[i] != nullptr);
        memset(objects[i], 0x11, size);
    }
    for (u32 i = 0; i < std::size(objects); i += 2) of.put(objects[i]);
    for (u32 i = 0; i < std::size(objects); i += 2) {
        objects[i] = of.get_some(size, quiet | __GFP_ZERO);
        ASSERT_TRUE(objects[i] != nullptr);
    }
    u32 wrong = 0;
    for (u32 i = 0; i < std::size(objects); ++i) {
        for (u32 at = 0; at < size; ++at) wrong += objects[i][at] != (i % 2 ? 0x11 : 0);
        of.put(objects[i]);
    }
    EXPECT_EQ(wrong, 0u);
}

TEST(slob, kmalloc_of_a_page_and_more_is_a_block) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    test_cache of(4096, SLAB_KMALLOC, 4096);
    char* const shared = of.get_some(3000);
    const u32 before = pages_in_use();
    char* const block = of.get_some(4096);
    char* const no_room_for_a_header = of.get_some(4095);
    ASSERT_TRUE(shared && block && no_room_for_a_header);
    EXPECT_EQ(pages_in_use(), before + 2);
    EXPECT_EQ(raw(block) % PAGE_SIZE, 0u);
    EXPECT_EQ(of.usable(shared), 3000u);
    EXPECT_EQ(of.usable(block), 4096u);
    EXPECT_EQ(slob_strategy().count(*of.cache).total_slabs, 2u);
    EXPECT_EQ(of.active(), 3u);
    of.put(block);
    of.put(no_room_for_a_header);
    EXPECT_EQ(pages_in_use(), before);
    of.put(shared);
}

TEST(slob, large_objects_are_blocks_that_go_back_at_once) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    for (const size_t size : {4096, 4100, 8192, 10000}) {
        test_cache of(size);
        const u32 pages = size <= 4096 ? 1 : size <= 8192 ? 2 : 4;
        const u32 before = pages_in_use();
        char* const object = of.get();
        ASSERT_TRUE(object != nullptr);
        EXPECT_EQ(pages_in_use(), before + pages);
        memset(object, 0x5a, size);
        of.put(object);
        EXPECT_EQ(pages_in_use(), before);
    }
}

TEST(slob, objects_of_several_caches_share_a_page) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    test_cache of_40(40), of_56(56);
    char* objects[8];
    u32 together = 0;
    for (u32 i = 0; i < 8; ++i) {
        objects[i] = (i % 2 ? of_40 : of_56).get();
        ASSERT_TRUE(objects[i] != nullptr);
        if (i > 0) together += virt_to_page(objects[i]) == virt_to_page(objects[i - 1]);
    }
    EXPECT_GE(together, 5u);
    for (u32 i = 0; i < 8; ++i) (i % 2 ? of_40 : of_56).put(objects[i]);
    EXPECT_EQ(pages_in_use(), of_56.pages_before);
}

TEST(slob, keeps_the_alignment_of_caches) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    for (u32 align = 4; align <= PAGE_SIZE; align *= 2) {
        test_cache of(20, 0, align);
        char* const one = of.get();
        char* const two = of.get();
        ASSERT_TRUE(one && two);
        EXPECT_EQ((raw(one) | raw(two)) % align, 0u);
        of.put(one);
        of.put(two);
    }
}

TEST(slob, kinds_of_memory_are_not_mixed) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    test_cache normal(40), reclaimable(40, SLAB_RECLAIM_ACCOUNT), dma(40, SLAB_CACHE_DMA);
    char* const one = normal.get();
    char* const two = reclaimable.get();
    char* const three = dma.get();
    ASSERT_TRUE(one && two && three);
    EXPECT_EQ(page_zonenum(*virt_to_page(three)), ZONE_DMA);
    EXPECT_TRUE(virt_to_page(one) != virt_to_page(two));
    EXPECT_TRUE(virt_to_page(two) != virt_to_page(three));
    EXPECT_TRUE(virt_to_page(one) != virt_to_page(three));
    {
        reports meanwhile;
        kmem_cache_free(dma.cache, one);
        meanwhile.expect_one(slab_bug::wrong_cache, one);
    }
    normal.put(one);
    reclaimable.put(two);
    dma.put(three);
}

TEST(slob, constructs_at_each_allocation) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    static u32 constructed;
    constructed = 0;
    const slab_ctor ctor = [](void* object) {
        ++constructed;
        *static_cast<u32*>(object) = 0xc0de;
    };
    test_cache of(24, 0, 0, ctor);
    for (u32 i = 1; i <= 3; ++i) {
        char* const object = of.get();
        ASSERT_TRUE(object != nullptr);
        EXPECT_EQ(constructed, i);
        EXPECT_EQ(*reinterpret_cast<u32*>(object), 0xc0deu);
        *reinterpret_cast<u32*>(object) = 0;
        of.put(object);
    }
}

TEST(slob, counts_what_each_cache_has_out) {
    test_cache one(40), two(40);
    char* objects[6];
    for (u32 i = 0; i < 6; ++i) {
        objects[i] = (i < 4 ? one : two).get();
        ASSERT_TRUE(objects[i] != nullptr);
    }
    EXPECT_EQ(one.active(), 4u);
    EXPECT_EQ(two.active(), 2u);
    EXPECT_FALSE(kmem_cache_destroy(two.cache));
    for (u32 i = 0; i < 6; ++i) (i < 4 ? one : two).put(objects[i]);
    EXPECT_EQ(one.active(), 0u);
    EXPECT_EQ(two.active(), 0u);
}

TEST(slob, notices_a_double_free) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    test_cache of(48), general(64, SLAB_KMALLOC);
    char* const stays = of.get();  // so that the page does
    char* const object = of.get();
    char* const some = general.get_some(50);
    ASSERT_TRUE(stays && object && some);
    of.put(object);
    reports meanwhile;
    of.put(object);
    meanwhile.expect_one(slab_bug::double_free, object);
    EXPECT_EQ(of.active(), 1u);
    kmem_cache_free(of.cache, stays);
    EXPECT_EQ(of.active(), 0u);

    char* const beside = general.get_some(50);
    general.put(some);
    kmem_cache_free(general.cache, some);  // has no header any more
    meanwhile.expect_one(slab_bug::wrong_cache, some);
    general.put(beside);
}

namespace {

// Each by a call for which the compiler knows the size.
void* kmalloc_of_a_constant(size_t size) {
    switch (size) {
        case 1: return kmalloc(1, GFP_KERNEL);
        case 9: return kmalloc(9, GFP_KERNEL | __GFP_RECLAIMABLE);
        case 65: return kmalloc(65, GFP_ATOMIC);
        case 130: return kzalloc(130, GFP_KERNEL);
        case 2049: return kmalloc(2049, GFP_KERNEL);
    }
    return nullptr;
}

}  // namespace

TEST(slob, kfree_finds_the_cache_by_the_header) {
    if (&the_slab_strategy() != &slob_strategy()) SKIP_TEST("kmalloc is not slob's");
    if (kmalloc_caches[KMALLOC_NORMAL][7]->is_debugged()) SKIP_TEST("kmalloc is debugged");
    kmem_cache& cache = *kmalloc_caches[KMALLOC_NORMAL][7];
    const u32 before = slob_strategy().count(cache).active_objects;
    volatile size_t size = 100;  // not known to the compiler
    void* const stays = kmalloc(size, quiet);
    void* const object = kmalloc(size, quiet);
    void* const dma = kmalloc(size, quiet | __GFP_DMA);
    ASSERT_TRUE(stays && object && dma);
    EXPECT_EQ(ksize(object), 100u);
    for (const size_t size : {1u, 9u, 65u, 130u, 2049u}) {
        void* const other = kmalloc_of_a_constant(size);
        ASSERT_TRUE(other);
        EXPECT_EQ(ksize(other), size);
        kfree(other);
    }
    EXPECT_EQ(slob_strategy().count(cache).active_objects, before + 2);
    page* const page = virt_to_page(dma);
    EXPECT_TRUE(slob_strategy().cache_of(page, dma) == kmalloc_caches[KMALLOC_DMA][7]);
    kfree(dma);
    kfree(object);
    EXPECT_EQ(slob_strategy().count(cache).active_objects, before + 1);
    {
        reports meanwhile;
        kfree(object);
        meanwhile.expect_one(slab_bug::double_free, object);
        kfree(bytes(stays) + 8);
        meanwhile.expect_one(slab_bug::not_an_object, bytes(stays) + 8);
    }
    kfree(stays);
    EXPECT_EQ(slob_strategy().count(cache).active_objects, before);
}

TEST(slob, does_without_pages_at_each_failure) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    fault_attr& fail_page_alloc = the_page_allocator().fail_page_alloc();
    if (fail_page_alloc.armed()) SKIP_TEST("pages fail by chance");
    test_cache small(600), debugged(600, SLAB_POISON), large(5000);
    test_cache general(2048, SLAB_KMALLOC);
    const u32 points = for_each_failure(fail_page_alloc, [&] {
        char* objects[4][10];
        test_cache* const caches[] = {&small, &debugged, &large, &general};
        u32 failed = 0;
        for (u32 i = 0; i < 40; ++i) {
            objects[i % 4][i / 4] = caches[i % 4]->get();
            failed += !objects[i % 4][i / 4];
        }
        EXPECT_LE(failed, 1u);
        for (u32 i = 0; i < 40; ++i)
            if (char* const object = objects[i % 4][i / 4]) caches[i % 4]->put(object);
        kmem_cache_shrink(debugged.cache);
        EXPECT_EQ(pages_in_use(), general.pages_before);
    });
    EXPECT_GE(points, 20u);
}

// Caches and kmalloc together; each object holds a byte of its own from end to end.
TEST(slob, keeps_what_is_in_live_objects) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    struct one {
        u8* object;
        u16 size;
        u8 cache;
        u8 filled;
    };
    static one live[120];
    test_cache caches[] = {test_cache(20), test_cache(132, 0, 64), test_cache(700),
                           test_cache(4096), test_cache(76, SLAB_RED_ZONE | SLAB_POISON),
                           test_cache(512, SLAB_KMALLOC)};
    constexpr u8 kinds[] = {0, 1, 2, 4, 5};  // the pages of 3 are its own: few of those
    random_source random(4);
    const auto give_back = [&](one& it) {
        for (u32 i = 0; i < it.size; ++i) {
            if (it.object[i] == it.filled) continue;
            EXPECT_EQ(it.object[i], it.filled);
            break;
        }
        caches[it.cache].put(it.object);
        it.object = nullptr;
    };
    reports meanwhile;
    for (u32 step = 0; step < 2000; ++step) {
        one& it = live[random.below(std::size(live))];
        if (it.object) {
            give_back(it);
            continue;
        }
        it.cache = random.one_in(50) ? 3 : kinds[random.below(std::size(kinds))];
        test_cache& of = caches[it.cache];
        const bool general = of.cache->flags & SLAB_KMALLOC;
        const u32 size = general ? random.between(257, 512) : of.cache->object_size;
        it.size = static_cast<u16>(size);
        it.object = reinterpret_cast<u8*>(general ? of.get_some(it.size) : of.get());
        ASSERT_TRUE(it.object != nullptr);
        it.filled = static_cast<u8>(step);
        memset(it.object, it.filled, it.size);
    }
    for (one& it : live)
        if (it.object) give_back(it);
    for (test_cache& of : caches) EXPECT_EQ(of.active(), 0u);
    kmem_cache_shrink(caches[4].cache);
    EXPECT_EQ(pages_in_use(), caches[5].pages_before);
    EXPECT_EQ(meanwhile.count, 0u);
}
