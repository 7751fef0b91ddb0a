// Objects whose address is dropped, and such whose is not. Addresses that a test only
// notes are kept upside down, so that the note is no pointer.
#include "arch/i386/traps.hpp"
#include "lib/command.hpp"
#include "mm/slab/kmemleak.hpp"
#include "mm/slab/kmalloc.hpp"

#include <test.hpp>

namespace {

struct node {
    node* next;
    uintptr_t filling[14];
};

uintptr_t in_disguise(const void* address) { return ~reinterpret_cast<uintptr_t>(address); }
// Out of line and opaque: what it makes is in a register only, not kept for later use.
[[gnu::noinline]] void* unmasked(uintptr_t disguised) {
    asm volatile("" : "+r"(disguised));
    return reinterpret_cast<void*>(~disguised);
}

// slob does not know where objects of undebugged caches lie.
constexpr const char* why =
    "only a DEBUG=1 kernel looks for leaks, and not in slob's heaps";
bool cannot_look() {
    return !dear_checks ||
           (&the_slab_strategy() == &slob_strategy() &&
            !kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(sizeof(node))]->is_debugged());
}

// Which of some noted objects were found.
class found_leaks final : public leak_sink {
public:
    explicit found_leaks(std::span<const uintptr_t> noted) : noted_(noted) {
        counts_ = find_leaks(*this);
    }
    void leak(const leaked_object& leaked) override {
        for (size_t i = 0; i < noted_.size(); ++i)
            if (in_disguise(leaked.object) == noted_[i]) {
                found_ |= 1u << i;
                size_ = leaked.size;
            }
    }
    bool ran() const { return counts_.has_value(); }
    u32 found() const { return found_; }  // a bit for each
    size_t size() const { return size_; }
    leak_counts counts() const { return *counts_; }

private:
    std::span<const uintptr_t> noted_;
    std::optional<leak_counts> counts_;
    u32 found_ = 0;
    size_t size_ = 0;
};

// What called functions left on the stack below would keep an object, and so would what
// they left in registers: an interrupt saves those on the stack.
[[gnu::noinline]] void wipe_stack_below() {
    asm volatile("xorl %%eax, %%eax; xorl %%ecx, %%ecx; xorl %%edx, %%edx" ::
                     : "eax", "ecx", "edx", "cc");
    volatile uintptr_t rubbish[256];
    for (volatile uintptr_t& word : rubbish) word = 0;
}

// After this only what a test itself keeps is kept. An interrupt in between is part of it.
[[gnu::always_inline]] inline void forget_what_was_called() {
    const trap_observer before = set_trap_observer(
        [](trap_frame& frame) { return frame.vector == TRAP_BREAKPOINT; });
    wipe_stack_below();
    asm volatile("int3" ::: "memory");
    set_trap_observer(before);
}

[[gnu::noinline]] uintptr_t new_node_in_disguise() {
    void* const made = kzalloc(sizeof(node), GFP_KERNEL);
    return made ? in_disguise(made) : 0;
}
[[gnu::noinline]] uintptr_t new_object_in_disguise(kmem_cache* cache) {
    void* const made = kmem_cache_zalloc(cache, GFP_KERNEL);
    return made ? in_disguise(made) : 0;
}
// One in a cache, or a node: null. Disguised.
uintptr_t new_in_disguise(kmem_cache* cache) {
    return cache ? new_object_in_disguise(cache) : new_node_in_disguise();
}
void free_in_disguise(kmem_cache* cache, uintptr_t object) {
    if (cache) kmem_cache_free(cache, unmasked(object));
    else kfree(unmasked(object));
}

// A word that tests before left in a variable of theirs may happen to be an address here, and
// keeps what lies there. So of some more than are wanted those are taken that are found.
[[gnu::noinline]] bool new_lonely(std::span<uintptr_t> wanted, kmem_cache* cache = nullptr) {
    uintptr_t made[24] = {};
    const size_t most = wanted.size() + 16;
    for (size_t i = 0; i < most; ++i) made[i] = new_in_disguise(cache);
    forget_what_was_called();
    const u32 found = found_leaks(made).found();
    size_t taken = 0;
    for (size_t i = 0; i < most; ++i) {
        if (!made[i]) continue;
        if (found >> i & 1 && taken < wanted.size()) wanted[taken++] = made[i];
        else free_in_disguise(cache, made[i]);
    }
    return taken == wanted.size();
}

[[gnu::noinline]] void point_to(uintptr_t from, uintptr_t to) {
    static_cast<node*>(unmasked(from))->next = reinterpret_cast<node*>(
        static_cast<char*>(unmasked(to)) + 8);  // its middle will do
}
[[gnu::noinline]] void free_disguised(std::span<uintptr_t> nodes) {
    for (uintptr_t& node : nodes)
        if (node) kfree(unmasked(node));
}

// Roots, one of each kind.
// Volatile: nobody but the search reads them.
constinit volatile uintptr_t in_data = 1;
constinit node* volatile in_bss = nullptr;
DEFINE_PER_CPU(uintptr_t, of_a_cpu);

}  // namespace

TEST(kmemleak, finds_what_nothing_points_to) {
    if (cannot_look()) SKIP_TEST(why);
    uintptr_t nodes[6];  // a leak, a root -> 2 -> 3, and 4 <-> 5 that only know each other
    ASSERT_TRUE(new_lonely(nodes));
    in_bss = static_cast<node*>(unmasked(nodes[1]));
    point_to(nodes[1], nodes[2]);
    point_to(nodes[2], nodes[3]);
    point_to(nodes[4], nodes[5]);
    point_to(nodes[5], nodes[4]);
    forget_what_was_called();

    const found_leaks leaks(nodes);
    ASSERT_TRUE(leaks.ran());
    EXPECT_EQ(leaks.found(), 0b110001u);
    EXPECT_GE(leaks.size(), sizeof(node));
    EXPECT_GE(leaks.counts().objects, 6u);

    in_bss = nullptr;
    forget_what_was_called();
    EXPECT_EQ(found_leaks(nodes).found(), 0b111111u);
    free_disguised(nodes);
    EXPECT_EQ(found_leaks(nodes).found(), 0u);
}

TEST(kmemleak, looks_at_every_kind_of_root) {
    if (cannot_look()) SKIP_TEST(why);
    uintptr_t nodes[6];
    ASSERT_TRUE(new_lonely(nodes));
    per_cpu_var<uintptr_t>* const dynamic = alloc_percpu<uintptr_t>();
    auto** const page = static_cast<void**>(get_zeroed_page(GFP_KERNEL));
    ASSERT_TRUE(dynamic && page);
    in_data = reinterpret_cast<uintptr_t>(unmasked(nodes[0]));
    in_bss = static_cast<node*>(unmasked(nodes[1]));
    this_cpu_write(of_a_cpu, reinterpret_cast<uintptr_t>(unmasked(nodes[2])));
    this_cpu_write(*dynamic, reinterpret_cast<uintptr_t>(unmasked(nodes[3])));
    page[1023] = unmasked(nodes[4]);
    void* volatile on_the_stack = unmasked(nodes[5]);
    forget_what_was_called();
    EXPECT_EQ(found_leaks(nodes).found(), 0u);

    in_data = 1;
    in_bss = nullptr;
    this_cpu_write(of_a_cpu, 0);
    this_cpu_write(*dynamic, 0);
    free_percpu(dynamic);
    free_page(page);
    on_the_stack = nullptr;
    forget_what_was_called();
    EXPECT_EQ(found_leaks(nodes).found(), 0b111111u);
    static_cast<void>(on_the_stack);
    free_disguised(nodes);
}

// The first object of a slab, whose address is that of the slab: the allocator knows it, and
// that keeps nothing. Some word elsewhere may happen to be it, but not so in four slabs.
TEST(kmemleak, where_a_slab_begins_is_no_pointer) {
    if (cannot_look()) SKIP_TEST(why);
    kmem_cache* caches[4];
    bool all_found = false;
    for (kmem_cache*& cache : caches) {
        cache = kmem_cache_create("leaky", 500, 0, SLAB_NO_MERGE, nullptr);
        ASSERT_TRUE(cache);
        uintptr_t objects[3];
        for (uintptr_t& object : objects)
            ASSERT_TRUE((object = new_object_in_disguise(cache)));
        forget_what_was_called();
        all_found |= found_leaks(objects).found() == 0b111u;
        for (const uintptr_t object : objects) kmem_cache_free(cache, unmasked(object));
    }
    for (kmem_cache* const cache : caches) EXPECT_TRUE(kmem_cache_destroy(cache));
    EXPECT_TRUE(all_found);
}

// Else an interrupt that comes while objects are marked would leave one of their addresses
// where the search has its frames later.
TEST(kmemleak, of_the_stack_only_what_was_there_before_the_search_is_read) {
    struct words_seen {
        const uintptr_t* words;
        bool below, above;
    };
    const uintptr_t words[2] = {1, 2};
    words_seen seen{words, false, false};
    for_each_root(
        &words[1],
        [](const void* start, const void* end, void* context) {
            auto& seen = *static_cast<words_seen*>(context);
            const auto holds = [&](const uintptr_t& word) {
                return &word >= start && &word < end;
            };
            seen.below |= holds(seen.words[0]);
            seen.above |= holds(seen.words[1]);
        },
        &seen);
    EXPECT_FALSE(seen.below);
    EXPECT_TRUE(seen.above);
}

TEST(kmemleak, an_address_deep_inside_a_large_object_will_do) {
    if (cannot_look()) SKIP_TEST(why);
    kmem_cache* const cache =
        kmem_cache_create("large", 3 * PAGE_SIZE, 0, SLAB_NO_MERGE, nullptr);
    ASSERT_TRUE(cache);
    uintptr_t objects[4];
    ASSERT_TRUE(new_lonely(objects, cache));
    for (const size_t offset :
         {size_t{0}, size_t{PAGE_SIZE} + 12, size_t{3} * PAGE_SIZE - 1}) {
        in_bss = reinterpret_cast<node*>(~objects[0] + offset);
        forget_what_was_called();
        EXPECT_EQ(found_leaks(objects).found() & 1, 0u);
    }
    // Behind it is not in it. Three pages are many addresses, and some word may happen to be
    // one behind another: so of four objects one at least is to be found, not each.
    u32 found = 0;
    for (u32 i = 0; i < std::size(objects); ++i) {
        in_bss = reinterpret_cast<node*>(~objects[i] + 3 * PAGE_SIZE);
        forget_what_was_called();
        found |= found_leaks(objects).found() & 1u << i;
    }
    EXPECT_NE(found, 0u);
    in_bss = nullptr;
    for (const uintptr_t object : objects) kmem_cache_free(cache, unmasked(object));
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

// As descriptors and CPUs' stacks: where their addresses stand is the allocator's affair.
TEST(kmemleak, an_allocators_own_objects_do_not_leak) {
    if (cannot_look()) SKIP_TEST(why);
    kmem_cache* const cache =
        kmem_cache_create("own", 100, 0, SLAB_NO_MERGE | SLAB_NOLEAKTRACE, nullptr);
    ASSERT_TRUE(cache);
    uintptr_t object[1] = {new_object_in_disguise(cache)};
    ASSERT_TRUE(object[0]);
    forget_what_was_called();
    EXPECT_EQ(found_leaks(object).found(), 0u);
    kmem_cache_free(cache, unmasked(object[0]));
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

// What they hold does not keep what leaks: a stack of a CPU holds free objects alone.
TEST(kmemleak, an_allocators_own_objects_keep_nothing) {
    if (cannot_look()) SKIP_TEST(why);
    kmem_cache* const cache =
        kmem_cache_create("own", sizeof(node), 0, SLAB_NO_MERGE | SLAB_NOLEAKTRACE,
                          nullptr);
    ASSERT_TRUE(cache);
    uintptr_t objects[2] = {new_object_in_disguise(cache), 0};
    ASSERT_TRUE(objects[0] && new_lonely(std::span(objects).subspan(1)));
    point_to(objects[0], objects[1]);
    in_bss = static_cast<node*>(unmasked(objects[0]));
    forget_what_was_called();
    EXPECT_EQ(found_leaks(objects).found(), 0b10u);
    in_bss = nullptr;
    kmem_cache_free(cache, unmasked(objects[0]));
    free_disguised(std::span(objects).subspan(1));
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

// The monitor's command says what leaked, and who had allocated it.
TEST(kmemleak, the_command_names_who_allocated_a_leak) {
    if (!dear_checks) SKIP_TEST("only a DEBUG=1 kernel looks for leaks");
    kmem_cache* const cache = kmem_cache_create("leaky", sizeof(node), 0,
                                                SLAB_STORE_USER | SLAB_NO_MERGE, nullptr);
    ASSERT_TRUE(cache);
    uintptr_t object[1];
    ASSERT_TRUE(new_lonely(object, cache));
    static text_buffer<600> text;
    text.clear();
    forget_what_was_called();
    print_leaks(text);
    static text_buffer<120> wanted;
    wanted.clear();
    format_to(wanted, "unreferenced object {:p} (size {}) of leaky\n", unmasked(object[0]),
              sizeof(node));
    EXPECT_NE(text.view().find(wanted.view()), std::string_view::npos);
    EXPECT_NE(text.view().find("  allocated in new_object_in_disguise"),
              std::string_view::npos);
    EXPECT_NE(text.view().find("kmemleak: 1 of "), std::string_view::npos);
    kmem_cache_free(cache, unmasked(object[0]));
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

TEST(kmemleak, the_kernel_itself_has_none) {
    if (!dear_checks) SKIP_TEST("only a DEBUG=1 kernel looks for leaks");
    const found_leaks leaks({});
    ASSERT_TRUE(leaks.ran());
    EXPECT_EQ(leaks.counts().leaked, 0u);
}
