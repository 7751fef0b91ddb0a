#include "mm/slab/kmemleak.hpp"

#include "mm/slab/cache_list.hpp"
#include "mm/slab/leak_marks.hpp"

namespace {

// One search, from the marking of what is in use to the list of what was not reached.
class leak_search {
public:
    [[nodiscard]] bool init() { return marks_.init(); }
    void mark_objects();
    void reach_from_roots(const void* stack);
    leak_counts tell(leak_sink& sink) const;

private:
    // The rest of a word that is cut off at the end of a range is nobody's address.
    [[gnu::no_sanitize_address]] void read(const void* start, const void* end) {
        const auto* at = static_cast<const uintptr_t*>(start);
        for (; at + 1 <= static_cast<const uintptr_t*>(end); ++at) marks_.reach(*at);
    }
    void read_cpu_variables();
    void read_pages();
    bool is_cpu_list(const void* at, unsigned cpu) const;

    leak_marks marks_;
};

void leak_search::mark_objects() {
    struct marker final : slab_visitor {
        marker(leak_marks& marks, kmem_cache& cache) : marks(marks), cache(cache) {}
        void slab(const page*, const void*) override {}
        void slot(void* slot, state state) override {
            if (state == state::in_use)
                marks.add(static_cast<char*>(slot) + cache.red_left);
        }
        leak_marks& marks;
        kmem_cache& cache;
    };
    for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache)) {
        if (cache->flags & SLAB_NOLEAKTRACE) continue;
        marker visitor(marks_, *cache);
        const irq_state state = local_irq_save();
        cache->strategy->visit(*cache, visitor);
        local_irq_restore(state);
    }
}

void leak_search::reach_from_roots(const void* stack) {
    for_each_root(
        stack,
        [](const void* start, const void* end, void* search) {
            static_cast<leak_search*>(search)->read(start, end);
        },
        this);
    read_cpu_variables();
    for_each_stack_page(
        [](const page& page, void* marks) {
            static_cast<leak_marks*>(marks)->pass_over(page_to_pfn(&page).raw());
        },
        &marks_);
    read_pages();
    while (marks_.read_reached([&](const void* object, size_t size) {
        read(object, static_cast<const char*>(object) + align_down(size, sizeof(void*)));
    })) {}
}

bool leak_search::is_cpu_list(const void* at, unsigned cpu) const {
    bool found = false;
    for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache)) {
        const auto* const list =
            reinterpret_cast<const char*>(&per_cpu(*cache->cpu_slab, cpu));
        const size_t offset = static_cast<size_t>(static_cast<const char*>(at) - list);
        found |= offset < sizeof(cpu_free_list);
    }
    return found;
}

// The dynamic ones: the others are the machine's roots.
void leak_search::read_cpu_variables() {
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        for (size_t offset = 0; offset < PERCPU_DYNAMIC_SIZE; offset += sizeof(uintptr_t)) {
            auto& name = *static_cast<per_cpu_var<uintptr_t>*>(per_cpu_dynamic(offset));
            const uintptr_t& word = per_cpu(name, cpu);
            if (word >= PAGE_OFFSET && !is_cpu_list(&word, cpu)) marks_.reach(word);
        }
    }
}

// What is in use and no slab's has an owner whom nobody can ask; so has what slob divided.
void leak_search::read_pages() {
    const page_allocator& pages = the_page_allocator();
    for (u32 frame = 0; frame < pages.frames();) {
        const page& head = pages.map()[frame];
        const bool reserved =
            page_test(head, PG_reserved) || !(head.flags & page_flags::marks);
        const u32 count = reserved ? 1 : 1u << page_order(head);
        const bool read_it = page_test(head, PG_allocated) && !PageHighMem(head) &&
                             (!PageSlab(head) || has_objects_of_many_caches(head)) &&
                             !marks_.is_passed_over(frame);
        if (read_it) {
            const char* const start = static_cast<const char*>(lowmem_page_address(&head));
            read(start, start + size_t{count} * PAGE_SIZE);
        }
        frame += count;
    }
}

leak_counts leak_search::tell(leak_sink& sink) const {
    leak_counts counts{.objects = marks_.objects(), .leaked = 0};
    marks_.for_each_unreached([&](void* object) {
        ++counts.leaked;
        page* const page = virt_to_page(object);
        kmem_cache& cache = *page->slab_cache->strategy->cache_of(page, object);
        sink.leak({object, leak_object_size(object), cache});
    });
    return counts;
}

std::optional<leak_counts> search(const void* stack, leak_sink& sink) {
    leak_search search;
    if (!search.init()) return {};
    search.mark_objects();
    search.reach_from_roots(stack);
    return search.tell(sink);
}

}  // namespace

// All registers that the caller may rely on are saved at the top of this frame, and so
// are read as part of the stack.
[[gnu::noinline]] std::optional<leak_counts> find_leaks(leak_sink& sink) {
    __builtin_unwind_init();
    constexpr size_t saved_registers = 3 * sizeof(uintptr_t);
    const auto* const frame = static_cast<const char*>(__builtin_frame_address(0));
    const std::optional<leak_counts> counts = search(frame - saved_registers, sink);
    asm volatile("");  // this frame stays until then
    return counts;
}
