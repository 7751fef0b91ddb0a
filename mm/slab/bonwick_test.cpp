// What is slab's own: lists, colours, stacks, descriptors on and off the slab. What all
// strategies owe is in slab_test.cpp and its like.
#include "mm/slab/bonwick.hpp"

#include "mm/slab/slab_fixture.hpp"

#include <test.hpp>

namespace {

constexpr u32 most_objects = 400;
void* objects[most_objects];

// Objects of such a cache lie on no stack, so each call is seen on the slabs' lists.
constexpr slab_flags_t no_stacks = SLAB_CONSISTENCY_CHECKS;

struct lists {
    u32 partial, free, all;
};
lists lists_of(kmem_cache& cache) {
    lock_guard held(cache.node.list_lock);
    return {cache.node.nr_partial, cache.node.nr_free, cache.node.nr_slabs};
}
// A macro, so that a failure names its line.
#define EXPECT_LISTS(cache, partial_, free_, all_)                    \
    do {                                                              \
        const lists now = lists_of(*(cache));                         \
        const lists wanted = {(partial_), (free_), (all_)};           \
        EXPECT_EQ(now.partial, wanted.partial);                       \
        EXPECT_EQ(now.free, wanted.free);                             \
        EXPECT_EQ(now.all, wanted.all);                               \
    } while (0)

bool take(test_cache& cache, u32 first, u32 end) {
    for (u32 i = first; i < end; ++i)
        if (!(objects[i] = cache.alloc())) return false;
    return true;
}
void give(test_cache& cache, u32 first, u32 end) {
    for (u32 i = first; i < end; ++i) cache.free(objects[i]);
}

cpu_stack& my_stack(test_cache& cache) { return *this_cpu(*cache->cpu_slab).stack; }

const page& head_of(test_cache& cache, const void* object) {
    return *slab_head(*cache, static_cast<const char*>(object) - cache->red_left);
}
u32 offset_of_first(test_cache& cache, const void* object) {
    const page& head = head_of(cache, object);
    return static_cast<u32>(static_cast<char*>(head.s_mem) -
                            static_cast<char*>(slab_start(&head)));
}
bool is_in_slab(const kmem_cache& cache, const page& head, const void* address) {
    const auto start = reinterpret_cast<uintptr_t>(slab_start(&head));
    return reinterpret_cast<uintptr_t>(address) - start < cache.slab_bytes();
}

}  // namespace

// ---- the layout ------------------------------------------------------------------------

TEST(bonwick, slabs_are_laid_out_as_these) {
    EXPECT_TRUE(lay_out_slab(32, 32, 3) == (slab_layout{0, 120, 256, 0, false}));
    EXPECT_TRUE(lay_out_slab(256, 256, 3) == (slab_layout{0, 15, 256, 0, false}));
    EXPECT_TRUE(lay_out_slab(896, 8, 3) == (slab_layout{0, 4, 16, 496, false}));
    EXPECT_TRUE(lay_out_slab(512, 512, 3) == (slab_layout{0, 8, 0, 0, true}));
    EXPECT_TRUE(lay_out_slab(1024, 1024, 3) == (slab_layout{0, 4, 0, 0, true}));
    EXPECT_TRUE(lay_out_slab(4096, 4096, 3) == (slab_layout{2, 4, 0, 0, true}));
    EXPECT_TRUE(lay_out_slab(4096, 4096, 0) == (slab_layout{0, 1, 0, 0, true}));
    EXPECT_TRUE(lay_out_slab(131072, 4096, 3) == (slab_layout{5, 1, 0, 0, true}));
    EXPECT_EQ(lay_out_slab((PAGE_SIZE << (MAX_ORDER - 1)) + 8, 8, 3).objects, 0u);
    // By itself it would have its descriptor elsewhere.
    EXPECT_FALSE(lay_out_slab(512, 8, 3, descriptor_place::on_slab).off_slab);
}

TEST(bonwick, every_size_has_a_layout_that_fits) {
    for (const u32 most_order : {0u, 3u})
        for (u32 align = 4; align <= PAGE_SIZE; align *= 4)
            for (u32 size = align, step; size <= 131072; size += step) {
                step = max_of(align, size / 16 / align * align);
                const slab_layout layout = lay_out_slab(size, align, most_order);
                ASSERT_GT(layout.objects, 0u);
                ASSERT_EQ(layout.first + layout.objects * size + layout.left,
                          PAGE_SIZE << layout.order);
                ASSERT_EQ(layout.first % align, 0u);
                if (layout.off_slab) {
                    ASSERT_EQ(layout.first, 0u);
                    ASSERT_GE(size, PAGE_SIZE / 8);
                    ASSERT_LE(layout.objects, most_off_slab_objects);
                } else {
                    ASSERT_GE(layout.first, slab_descriptor::bytes(layout.objects));
                }
                if (layout.order > most_order) ASSERT_EQ(layout.objects, 1u);
                if (layout.order < most_order)
                    ASSERT_LE(layout.left, (PAGE_SIZE << layout.order) / 8);
            }
}

TEST(bonwick, stacks_are_as_large_as_linuxs) {
    EXPECT_EQ(cpu_stack_limit(8), 120u);
    EXPECT_EQ(cpu_stack_limit(256), 120u);
    EXPECT_EQ(cpu_stack_limit(257), 54u);
    EXPECT_EQ(cpu_stack_limit(1024), 54u);
    EXPECT_EQ(cpu_stack_limit(1025), 24u);
    EXPECT_EQ(cpu_stack_limit(PAGE_SIZE), 24u);
    EXPECT_EQ(cpu_stack_limit(PAGE_SIZE + 1), 8u);
    EXPECT_EQ(cpu_stack_limit(131072), 8u);
    EXPECT_EQ(cpu_stack_limit(131073), 1u);
    EXPECT_EQ(cpu_stack_batch(120), 60u);
    EXPECT_EQ(cpu_stack_batch(1), 1u);
}

// ---- lists -----------------------------------------------------------------------------

TEST(bonwick, slabs_move_from_free_to_partial_to_full_and_back) {
    test_cache cache(bonwick_strategy(), 300, 0, no_stacks);
    ASSERT_TRUE(cache);
    const u32 all = cache->objects;
    ASSERT_LE(2 * all, most_objects);
    EXPECT_LISTS(cache, 0u, 0u, 0u);
    ASSERT_TRUE(take(cache, 0, 1));
    EXPECT_LISTS(cache, 1u, 0u, 1u);
    ASSERT_TRUE(take(cache, 1, all));
    EXPECT_LISTS(cache, 0u, 0u, 1u);  // full
    ASSERT_TRUE(take(cache, all, all + 1));
    EXPECT_LISTS(cache, 1u, 0u, 2u);
    cache.check();
    give(cache, 0, 1);
    EXPECT_LISTS(cache, 2u, 0u, 2u);
    give(cache, all, all + 1);
    EXPECT_LISTS(cache, 1u, 1u, 2u);
    cache.check();
    // What is partial goes before what is free.
    ASSERT_TRUE(take(cache, 0, 1));
    EXPECT_LISTS(cache, 0u, 1u, 2u);
    ASSERT_TRUE(take(cache, all, all + 1));
    EXPECT_LISTS(cache, 1u, 0u, 2u);
    give(cache, 0, all + 1);
    EXPECT_LISTS(cache, 0u, 2u, 2u);
    EXPECT_EQ(kmem_cache_shrink(cache.get()), 2u << cache->order);
    EXPECT_LISTS(cache, 0u, 0u, 0u);
}

// From full to free at one stroke.
TEST(bonwick, a_slab_of_one_object_is_never_partial) {
    test_cache cache(bonwick_strategy(), 65536, 0, no_stacks);
    ASSERT_TRUE(cache);
    if (cache->objects != 1) SKIP_TEST("larger slabs than expected");
    ASSERT_TRUE(take(cache, 0, 2));
    EXPECT_LISTS(cache, 0u, 0u, 2u);
    cache.check();
    give(cache, 0, 1);
    EXPECT_LISTS(cache, 0u, 1u, 2u);
    give(cache, 1, 2);
    EXPECT_LISTS(cache, 0u, 2u, 2u);
}

TEST(bonwick, so_many_empty_slabs_are_kept_and_no_more) {
    test_cache cache(bonwick_strategy(), 400, 0, no_stacks);
    ASSERT_TRUE(cache);
    const u32 kept = cache->min_partial;
    const u32 count = (kept + 3) * cache->objects;
    ASSERT_LE(count, most_objects);
    ASSERT_TRUE(take(cache, 0, count));
    EXPECT_LISTS(cache, 0u, 0u, kept + 3);
    give(cache, 0, count);
    EXPECT_LISTS(cache, 0u, kept, kept);
    cache.check();
    EXPECT_EQ(bonwick_strategy().shrink(*cache, 2), (kept - 2) << cache->order);
    EXPECT_LISTS(cache, 0u, 2u, 2u);
}

// ---- colours ---------------------------------------------------------------------------

TEST(bonwick, colours_go_round) {
    for (const u32 size : {420u, 896u}) {
        test_cache cache(bonwick_strategy(), size, 0, no_stacks);
        ASSERT_TRUE(cache);
        const u32 colours = cache->colours;
        ASSERT_GT(colours, 1u);
        const u32 slabs = 2 * colours + 1;
        ASSERT_LE(slabs * cache->objects, most_objects);
        ASSERT_TRUE(take(cache, 0, slabs * cache->objects));
        const u32 first = offset_of_first(cache, objects[0]);
        for (u32 i = 0; i < slabs; ++i)
            EXPECT_EQ(offset_of_first(cache, objects[i * cache->objects]),
                      first + i % colours * cache->colour_step);
        // The last object of the last colour ends within its slab.
        const u32 last = first + (colours - 1) * cache->colour_step;
        const u32 end = last + cache->objects * cache->size;
        EXPECT_LE(end, cache->slab_bytes());
        EXPECT_GT(end + cache->colour_step, cache->slab_bytes());
        give(cache, 0, slabs * cache->objects);
    }
}

TEST(bonwick, colours_keep_objects_aligned) {
    test_cache cache(bonwick_strategy(), 1280, 256, no_stacks);
    ASSERT_TRUE(cache);
    EXPECT_EQ(cache->colour_step, 256u);
    const u32 count = 6 * cache->objects;
    ASSERT_TRUE(take(cache, 0, count));
    for (u32 i = 0; i < count; ++i) EXPECT_TRUE(lies_at_multiple(objects[i], 256));
    give(cache, 0, count);
}

// ---- free objects ----------------------------------------------------------------------

// Also not a constructed one's link, for there is none.
TEST(bonwick, a_free_object_is_not_written_to) {
    static constinit u32 constructed;
    constructed = 0;
    constexpr u32 size = 48;
    test_cache cache(bonwick_strategy(), size, 0, 0, [](void* object) {
        ++constructed;
        fill_contents(object, size, 5);
    });
    ASSERT_TRUE(cache);
    EXPECT_EQ(cache->size, size);
    ASSERT_TRUE(take(cache, 0, most_objects));
    EXPECT_EQ(constructed, lists_of(*cache).all * cache->objects);
    // Half of each slab goes to it, the last ones stay on the stack.
    for (u32 i = 0; i < most_objects; i += 2) cache.free(objects[i]);
    for (u32 i = 0; i < most_objects; ++i) {
        sanitize_allocated(objects[i], size);
        EXPECT_TRUE(has_contents(objects[i], size, 5));
        if (i % 2 == 0) sanitize_freed(objects[i], size);
    }
    for (u32 i = 1; i < most_objects; i += 2) cache.free(objects[i]);
}

TEST(bonwick, addresses_lead_to_their_slots) {
    test_cache cache(bonwick_strategy(), 896, 0, no_stacks);
    ASSERT_TRUE(cache);
    slab_strategy& strategy = bonwick_strategy();
    ASSERT_TRUE(take(cache, 0, 2));
    char* const slot = static_cast<char*>(head_of(cache, objects[0]).s_mem);
    for (u32 i = 0; i < cache->objects; ++i)
        for (const u32 inside : {0u, 1u, cache->size - 1}) {
            const auto place = strategy.find_slot(*cache, slot + i * cache->size + inside);
            ASSERT_TRUE(place);
            EXPECT_EQ(place->slot, static_cast<void*>(slot + i * cache->size));
            EXPECT_EQ(place->is_free, i >= 2);
        }
    EXPECT_FALSE(strategy.find_slot(*cache, slot - 1));
    EXPECT_FALSE(strategy.find_slot(*cache, slot + cache->objects * cache->size));
    give(cache, 0, 2);
    EXPECT_TRUE(strategy.find_slot(*cache, slot)->is_free);
}

TEST(bonwick, a_visitor_sees_each_slot_once) {
    struct counter final : slab_visitor {
        void slab(const page*, const void*) override { ++slabs; }
        void slot(void*, state state) override { ++slots[static_cast<u32>(state)]; }
        u32 slabs = 0;
        u32 slots[3] = {};
    } seen;
    test_cache cache(bonwick_strategy(), 300);
    ASSERT_TRUE(cache);
    ASSERT_TRUE(take(cache, 0, 100));
    give(cache, 0, 7);
    const slab_counts counts = bonwick_strategy().count(*cache);
    bonwick_strategy().visit(*cache, seen);
    EXPECT_EQ(seen.slabs, counts.total_slabs);
    EXPECT_EQ(seen.slots[0], 93u);
    EXPECT_EQ(seen.slots[2], counts.cpu_objects);
    EXPECT_EQ(seen.slots[0] + seen.slots[1] + seen.slots[2], counts.total_objects);
    EXPECT_EQ(counts.active_objects, 93 + counts.cpu_objects);
    give(cache, 7, 100);
}

// ---- descriptors -----------------------------------------------------------------------

TEST(bonwick, descriptors_of_large_objects_lie_elsewhere) {
    test_cache small(bonwick_strategy(), 64, 64, no_stacks);
    ASSERT_TRUE(small);
    ASSERT_TRUE(take(small, 0, 1));
    const page& small_head = head_of(small, objects[0]);
    EXPECT_TRUE(is_in_slab(*small, small_head, descriptor_of(small_head)));
    give(small, 0, 1);

    test_cache large(bonwick_strategy(), 1024, 1024);
    ASSERT_TRUE(large);
    ASSERT_TRUE(take(large, 0, 1));
    const page& head = head_of(large, objects[0]);
    const slab_descriptor* const descriptor = descriptor_of(head);
    EXPECT_FALSE(is_in_slab(*large, head, descriptor));
    const page& descriptors_page = *virt_to_page(descriptor);
    ASSERT_TRUE(PageSlab(descriptors_page));
    EXPECT_STREQ(descriptors_page.slab_cache->name, "slab_descriptor");
    // One a slab, and back with it.
    kmem_cache& descriptors = *descriptors_page.slab_cache;
    const u32 before = slab_nr_live(descriptors);
    ASSERT_TRUE(take(large, 1, 1 + 3 * large->objects));
    EXPECT_EQ(slab_nr_live(descriptors) - before, large.slabs() - 1);
    give(large, 0, 1 + 3 * large->objects);
    kmem_cache_shrink(large.get());
    EXPECT_EQ(slab_nr_live(descriptors), before - 1);
}

// ---- stacks ----------------------------------------------------------------------------

TEST(bonwick, stacks_are_filled_and_emptied_in_batches) {
    if (dear_checks || !may_allocate_without_care()) SKIP_TEST("the usual way is closed");
    test_cache cache(bonwick_strategy(), 200);
    ASSERT_TRUE(cache);
    cpu_stack& stack = my_stack(cache);
    ASSERT_EQ(stack.limit, 120u);
    ASSERT_TRUE(take(cache, 0, 1));
    EXPECT_EQ(stack.count, 0u);  // from an idle cache only what was asked for
    u32 taken = 1;
    // The first slab's rest, then whole batches.
    ASSERT_TRUE(take(cache, taken, taken + 1));
    ++taken;
    EXPECT_EQ(stack.count, cache->objects - 2);
    while (stack.count > 0) {
        ASSERT_TRUE(take(cache, taken, taken + 1));
        ++taken;
    }
    give(cache, 0, taken);
    ASSERT_TRUE(take(cache, 0, 200));
    u32 i = 0;
    while (stack.count < stack.limit) cache.free(objects[i++]);
    cache.check();
    cache.free(objects[i++]);
    EXPECT_EQ(stack.count, stack.limit - cpu_stack_batch(stack.limit) + 1);
    cache.check();
    EXPECT_EQ(cache.live(), 200 - i);
    give(cache, i, 200);
    kmem_cache_shrink(cache.get());
    EXPECT_EQ(stack.count, 0u);
}

TEST(bonwick, a_cache_without_a_stack_works_as_well) {
    if (!may_allocate_without_care()) SKIP_TEST("no stacks are made");
    preempt_disable();
    test_cache cache(bonwick_strategy(), 100);
    preempt_enable();
    ASSERT_TRUE(cache);
    EXPECT_EQ(&my_stack(cache), &no_cpu_stack());
    preempt_disable();
    for (u32 i = 0; i < 100; ++i) ASSERT_TRUE(objects[i] = cache.alloc(GFP_ATOMIC));
    give(cache, 0, 50);
    preempt_enable();
    EXPECT_EQ(&my_stack(cache), &no_cpu_stack());
    EXPECT_EQ(cache.live(), 50u);
    cache.check();
    // When there is memory, it gets one.
    ASSERT_TRUE(take(cache, 0, 50));
    EXPECT_NE(&my_stack(cache), &no_cpu_stack());
    EXPECT_EQ(cache.live(), 100u);
    give(cache, 0, 100);
    EXPECT_EQ(no_cpu_stack().count, 0u);
}

TEST(bonwick, debugged_objects_lie_on_no_stack) {
    test_cache cache(bonwick_strategy(), 100, 0, SLAB_POISON);
    ASSERT_TRUE(cache);
    ASSERT_TRUE(take(cache, 0, 50));
    give(cache, 0, 50);
    EXPECT_EQ(&my_stack(cache), &no_cpu_stack());
    EXPECT_EQ(bonwick_strategy().count(*cache).cpu_objects, 0u);
}

// ---- no memory -------------------------------------------------------------------------

// With descriptors off the slab there is one more that can fail.
TEST(bonwick, nothing_is_lost_at_any_failure) {
    fault_attr& pages = the_page_allocator().fail_page_alloc();
    if (pages.armed() || failslab.armed()) SKIP_TEST("allocations fail by chance");
    for (const u32 size : {1024u, 4096u})
        for (fault_attr* const attr : {&pages, &failslab}) {
            test_cache cache(bonwick_strategy(), size, size);
            ASSERT_TRUE(cache);
            const u32 before = pages_in_use_without_empty_slabs();
            u32 refused = 0;
            const u32 points = for_each_failure(*attr, [&] {
                u32 got = 0;
                while (got < 10 && (objects[got] = cache.alloc())) ++got;
                refused += got < 10;
                cache.check();
                EXPECT_EQ(cache.live(), got);
                give(cache, 0, got);
                EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
            });
            EXPECT_GE(points, attr == &failslab ? 10u : 10 / cache->objects);
            EXPECT_EQ(refused, points);
        }
}
