// Clobbered links: what leads from one free object to the next is overwritten on purpose.
// It is reported, once; what it hid is lost, and everything else goes on.
#include "mm/slab/bonwick.hpp"
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/slob.hpp"
#include "mm/slab/slub.hpp"

#include <test.hpp>

namespace {

constexpr u32 size = 64;
constexpr u32 count = 6;
// Without debugging; with the flag that looks at links at each free; with all flags.
constexpr slab_flags_t all_flags[] = {0, SLAB_CONSISTENCY_CHECKS, SLAB_DEBUG_FLAGS};

// Nobody's memory, not even for ASan.
[[gnu::noinline]] NO_SANITIZE_ADDRESS void write_astray(void* where, uintptr_t word) {
    *static_cast<volatile uintptr_t*>(where) = word;
}

page& head_of(test_cache& cache, const void* object) {
    return *slab_head(*cache, static_cast<const char*>(object) - cache->red_left);
}

// A slab of whose objects one is in use. All others are free, and on its own list.
struct prepared_slab {
    explicit prepared_slab(test_cache& of) : cache(of) {
        u8* others[count];
        kept = cache.alloc();
        for (u8*& other : others) other = cache.alloc();
        for (u8* const other : others) cache.free(other);
        kmem_cache_shrink(cache.get());
        fill_contents(kept, size, 7);
    }
    page& head() { return head_of(cache, kept); }
    u8* object_of(void* slot) { return static_cast<u8*>(slot) + cache->red_left; }

    test_cache& cache;
    u8* kept;
};

// Objects are there, apart from each other and from the one that is kept.
void expect_usable(prepared_slab& slab, slab_reports& reports, const u8* never) {
    constexpr u32 most = 200;
    static u8* objects[most];
    for (u32 i = 0; i < most; ++i) {
        objects[i] = slab.cache.alloc();
        ASSERT_TRUE(objects[i]);
        EXPECT_NE(objects[i], slab.kept);
        EXPECT_NE(objects[i], never);
        fill_contents(objects[i], size, i);
    }
    slab.cache.check();
    EXPECT_EQ(slab.cache.live(), most + 1);
    for (u32 i = 0; i < most; ++i) {
        EXPECT_TRUE(has_contents(objects[i], size, i));
        slab.cache.free(objects[i]);
    }
    EXPECT_TRUE(has_contents(slab.kept, size, 7));
    EXPECT_EQ(reports.count(), 0u);
    slab.cache.free(slab.kept);
    slab.cache.check();
}

// Of the third free slot; where to, the test says.
void expect_lost_behind(slab_flags_t flags,
                        uintptr_t (*where)(prepared_slab&, void* slot)) {
    test_cache cache(slub_strategy(), size, 0, flags);
    ASSERT_TRUE(cache);
    prepared_slab slab(cache);
    page& head = slab.head();
    void* slot = head.freelist;
    for (u32 i = 0; i < 2; ++i) slot = slot_next(*cache, slot);
    const u32 free = cache->objects - 1;
    ASSERT_EQ(u32{use_of(head).in_use}, 1u);
    set_slot_next(*cache, slot, reinterpret_cast<void*>(where(slab, slot)));

    slab_reports reports;
    u8* objects[3];
    for (u8*& object : objects) ASSERT_TRUE((object = cache.alloc()));
    EXPECT_EQ(reports[0].link, reinterpret_cast<void*>(where(slab, slot)));
    EXPECT_EQ(reports[0].lost, free - 2);
    EXPECT_TRUE(reports.only(slab_bug::link, slab.object_of(slot)));
    EXPECT_EQ(u32{use_of(head).objects}, 3u);
    for (u8* const object : objects) cache.free(object);
    expect_usable(slab, reports, slab.object_of(slot));
}

}  // namespace

TEST(slub_links, that_lead_out_of_the_slab_are_cut) {
    for (const slab_flags_t flags : all_flags) {
        expect_lost_behind(flags,
                           [](prepared_slab&, void*) -> uintptr_t { return 0x4141; });
        expect_lost_behind(flags, [](prepared_slab&, void*) { return ~uintptr_t{0}; });
        expect_lost_behind(flags, [](prepared_slab& slab, void*) {
            return reinterpret_cast<uintptr_t>(slab_start(&slab.head())) - size;
        });
    }
}

TEST(slub_links, that_lead_into_a_slot_are_cut) {
    for (const slab_flags_t flags : all_flags)
        expect_lost_behind(flags, [](prepared_slab&, void* slot) {
            return reinterpret_cast<uintptr_t>(slot) + 8;
        });
}

// An end that comes too early hides as much.
TEST(slub_links, that_end_the_list_early_are_cut) {
    for (const slab_flags_t flags : all_flags)
        expect_lost_behind(flags, [](prepared_slab&, void*) -> uintptr_t { return 0; });
}

// The last one has none; one that has is lost alone.
TEST(slub_links, behind_the_last_slot_are_cut) {
    for (const slab_flags_t flags : all_flags) {
        test_cache cache(slub_strategy(), size, 0, flags);
        ASSERT_TRUE(cache);
        prepared_slab slab(cache);
        page& head = slab.head();
        void* last = head.freelist;
        while (void* const next = slot_next(*cache, last)) last = next;
        set_slot_next(*cache, last, head.freelist);
        slab_reports reports;
        static u8* objects[PAGE_SIZE * 8 / size];
        const u32 wanted = cache->objects;
        ASSERT_LE(wanted, std::size(objects));
        for (u32 i = 0; i < wanted; ++i) {
            ASSERT_TRUE((objects[i] = cache.alloc()));
            EXPECT_NE(objects[i], slab.object_of(last));
        }
        EXPECT_EQ(reports[0].lost, 1u);
        EXPECT_TRUE(reports.only(slab_bug::link, slab.object_of(last)));
        for (u32 i = 0; i < wanted; ++i) cache.free(objects[i]);
        expect_usable(slab, reports, slab.object_of(last));
    }
}

// What a stray write leaves is no link in a kernel with dear checks, whatever it wrote.
TEST(slub_links, are_stored_so_that_no_stray_write_makes_one) {
    if (!dear_checks) SKIP_TEST("links are stored as they are in a release build");
    test_cache cache(slub_strategy(), size);
    ASSERT_TRUE(cache);
    prepared_slab slab(cache);
    void* const slot = slab.head().freelist;
    write_astray(static_cast<char*>(slot) + cache->offset,
                 reinterpret_cast<uintptr_t>(slab.kept));
    slab_reports reports;
    cache.free(cache.alloc());
    EXPECT_TRUE(reports.only(slab_bug::link, slab.object_of(slot)));
    expect_usable(slab, reports, nullptr);
}

// F: without waiting for somebody who allocates.
TEST(slub_links, are_looked_at_when_a_debugged_object_is_freed) {
    test_cache cache(slub_strategy(), size, 0, SLAB_CONSISTENCY_CHECKS);
    ASSERT_TRUE(cache);
    prepared_slab slab(cache);
    u8* const other = cache.alloc();
    void* const slot = slab.head().freelist;
    set_slot_next(*cache, slot, &cache);
    slab_reports reports;
    cache.free(other);
    EXPECT_TRUE(reports.only(slab_bug::link, slab.object_of(slot)));
    expect_usable(slab, reports, slab.object_of(slot));
}

// Nobody has any of them: then all are free, whatever was written, and none is lost.
TEST(slub_links, of_an_unused_slab_are_made_anew) {
    for (const slab_flags_t flags : all_flags) {
        test_cache cache(slub_strategy(), size, 0, flags);
        ASSERT_TRUE(cache);
        prepared_slab slab(cache);
        page& head = slab.head();
        cache.free(slab.kept);
        // So that the empty slab stays: as on the way of a shrinker that keeps some.
        cache->strategy->shrink(*cache, 1);
        ASSERT_EQ(cache.slabs(), 1u);
        void* const slot = head.freelist;
        set_slot_next(*cache, slot, &cache);
        slab_reports reports;
        slab.kept = cache.alloc();
        EXPECT_EQ(reports[0].lost, 0u);
        EXPECT_TRUE(reports.only(slab_bug::link, slab.object_of(slot)));
        EXPECT_EQ(u32{use_of(head).objects}, cache->objects);
        fill_contents(slab.kept, size, 7);
        expect_usable(slab, reports, nullptr);
    }
}

TEST(slub_links, to_the_first_free_slot_are_looked_at_too) {
    test_cache cache(slub_strategy(), size);
    ASSERT_TRUE(cache);
    prepared_slab slab(cache);
    slab.head().freelist = slab.kept + 4;
    slab_reports reports;
    cache.free(cache.alloc());
    EXPECT_EQ(reports[0].lost, cache->objects - 1);
    EXPECT_TRUE(reports.only(slab_bug::first_link, slab.kept + 4));
    expect_usable(slab, reports, nullptr);
}

// How much is lost of a CPU's list nobody knows; the test puts back what was taken away.
TEST(slub_links, of_a_cpus_list_are_looked_at_when_it_goes_back) {
    test_cache cache(slub_strategy(), size);
    ASSERT_TRUE(cache);
    prepared_slab slab(cache);
    u8* const object = cache.alloc();  // its slab is this CPU's now
    cpu_free_list& mine = this_cpu(*cache->cpu_slab);
    void* const slot = mine.head;
    ASSERT_TRUE(slot);
    void* const next = slot_next(*cache, slot);
    set_slot_next(*cache, slot, &cache);
    slab_reports reports;
    kmem_cache_shrink(cache.get());
    EXPECT_TRUE(reports.only(slab_bug::link, slot));
    set_slot_next(*cache, slot, next);
    for (void *lost = slot, *behind; lost; lost = behind) {
        behind = slot_next(*cache, lost);
        cache.free(lost);
    }
    cache.free(object);
    cache.free(slab.kept);
}

// Whoever only looks at a slab gets as far as its links go.
TEST(slub_links, that_lead_nowhere_do_not_lead_those_astray_who_look) {
    test_cache cache(slub_strategy(), size);
    ASSERT_TRUE(cache);
    prepared_slab slab(cache);
    void* const slot = slab.head().freelist;
    void* const next = slot_next(*cache, slot);
    set_slot_next(*cache, slot, reinterpret_cast<void*>(0x4141));
    struct counter final : slab_visitor {
        void slab(const page*, const void*) override {}
        void slot(void*, state state) override { free += state == state::free; }
        u32 free = 0;
    } visitor;
    cache->strategy->visit(*cache, visitor);
    EXPECT_EQ(visitor.free, 1u);
    EXPECT_EQ(cache.live(), 1u);
    EXPECT_TRUE(cache->strategy->find_slot(*cache, slot)->is_free);
    set_slot_next(*cache, slot, next);
    cache.free(slab.kept);
}

// ---- slab: the numbers in descriptors -------------------------------------------------

TEST(slab_links, of_a_descriptor_are_cut_where_they_lead_nowhere) {
    for (const slab_flags_t flags : all_flags) {
        test_cache cache(bonwick_strategy(), size, 0, flags);
        ASSERT_TRUE(cache);
        prepared_slab slab(cache);
        slab_descriptor& descriptor = *descriptor_of(slab.head());
        ASSERT_EQ(descriptor.inuse, 1u);
        const u32 first = descriptor.free;
        descriptor.bufctl[first] = 0x4141;
        slab_reports reports;
        u8* const object = cache.alloc();
        // Nothing was written to the object itself.
        EXPECT_EQ(object, slab.object_of(slot_at(*cache, slab.head(), first)));
        u8* const another = cache.alloc();
        ASSERT_TRUE(another);
        EXPECT_EQ(reports[0].link, reinterpret_cast<void*>(0x4141));
        EXPECT_EQ(reports[0].lost, cache->objects - 2);
        EXPECT_TRUE(reports.only(slab_bug::first_link, &descriptor));
        cache.free(another);
        cache.free(object);
        expect_usable(slab, reports, nullptr);
    }
}

TEST(slab_links, of_an_unused_slab_are_made_anew) {
    test_cache cache(bonwick_strategy(), size);
    ASSERT_TRUE(cache);
    prepared_slab slab(cache);
    slab_descriptor& descriptor = *descriptor_of(slab.head());
    cache.free(slab.kept);
    cache->strategy->shrink(*cache, 1);
    ASSERT_EQ(cache.slabs(), 1u);
    descriptor.free = 0x4141;
    slab_reports reports;
    slab.kept = cache.alloc();
    EXPECT_EQ(reports[0].lost, 0u);
    EXPECT_TRUE(reports.only(slab_bug::first_link, &descriptor));
    fill_contents(slab.kept, size, 7);
    expect_usable(slab, reports, nullptr);
}

// ---- slob: the first unit of a free block ----------------------------------------------

TEST(slob_links, of_a_clobbered_block_are_cut) {
    static slob_heap heap{slob_strategy(), 0, {}};
    const u32 before = heap.nr_pages();
    // 100 bytes each: in use, free, in use, free, and the rest of the page.
    char* blocks[4];
    for (char*& block : blocks)
        ASSERT_TRUE((block = static_cast<char*>(heap.alloc(104, 8, 0, GFP_KERNEL))));
    ASSERT_TRUE(heap.free(blocks[1], 104));
    ASSERT_TRUE(heap.free(blocks[3], 104));
    write_astray(blocks[3], 0x41414141);
    slab_reports reports;
    // It still fits before the clobbered one; what is larger does not, and needs a page.
    char* const first = static_cast<char*>(heap.alloc(104, 8, 0, GFP_KERNEL));
    EXPECT_EQ(first, blocks[1]);
    EXPECT_EQ(reports[0].lost, (PAGE_SIZE - 3 * 104) / slob_heap::unit);
    EXPECT_TRUE(reports.only(slab_bug::link, blocks[3]));
    heap.check_invariants();
    char* const elsewhere = static_cast<char*>(heap.alloc(104, 8, 0, GFP_KERNEL));
    ASSERT_TRUE(elsewhere);
    EXPECT_NE(&*virt_to_page(elsewhere), &*virt_to_page(first));
    EXPECT_TRUE(heap.free(elsewhere, 104));
    heap.check_invariants();
    // Its page goes back with the last of those that are in use.
    EXPECT_TRUE(heap.free(first, 104));
    EXPECT_TRUE(heap.free(blocks[0], 104));
    heap.check_invariants();
    EXPECT_EQ(heap.nr_pages(), before + 1);
    EXPECT_TRUE(heap.free(blocks[2], 104));
    EXPECT_EQ(heap.nr_pages(), before);
    EXPECT_EQ(reports.count(), 0u);
    heap.check_invariants();
}
