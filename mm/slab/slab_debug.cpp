#include "mm/slab/slab_debug.hpp"

#include "lib/clock.hpp"
#include "lib/log.hpp"
#include "lib/string.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

constinit slab_reporter reporter = report_slab_bug;

// Slots that were set aside, of all caches.
class clobbered_slots {
public:
    void add(kmem_cache& cache, void* slot) EXCLUDES(lock_) {
        lock_guard held(lock_);
        if (count_ < most_clobbered) slots_[count_++] = {&cache, slot};
    }
    bool contains(const void* slot) EXCLUDES(lock_) {
        lock_guard held(lock_);
        for (u32 i = 0; i < count_; ++i)
            if (slots_[i].slot == slot) return true;
        return false;
    }
    u32 count_of(const kmem_cache& cache) EXCLUDES(lock_) {
        lock_guard held(lock_);
        u32 count = 0;
        for (u32 i = 0; i < count_; ++i) count += slots_[i].cache == &cache;
        return count;
    }
    // One of this cache, which is forgotten; or null.
    void* take(const kmem_cache& cache) EXCLUDES(lock_) {
        lock_guard held(lock_);
        for (u32 i = 0; i < count_; ++i) {
            if (slots_[i].cache != &cache) continue;
            void* const slot = slots_[i].slot;
            slots_[i] = slots_[--count_];
            return slot;
        }
        return nullptr;
    }

private:
    struct one {
        const kmem_cache* cache;
        void* slot;
    };
    irq_spinlock lock_{"the clobbered slots"};
    one slots_[most_clobbered] GUARDED_BY(lock_) = {};
    u32 count_ GUARDED_BY(lock_) = 0;
};
constinit clobbered_slots clobbered;

u8* bytes(const void* at) { return static_cast<u8*>(const_cast<void*>(at)); }

// The parts of an object's slot (kmem_cache.hpp).
u8* left_zone(const kmem_cache& cache, const void* object) {
    return bytes(object) - cache.red_left;
}
u8* right_zone(const kmem_cache& cache, const void* object) {
    return bytes(object) + cache.object_size;
}
size_t right_zone_bytes(const kmem_cache& cache) { return cache.inuse - cache.object_size; }

const u8* first_other(const u8* at, size_t count, u8 expected) {
    for (; count > 0; --count, ++at)
        if (*at != expected) return at;
    return nullptr;
}

void tell(slab_bug bug, const kmem_cache& cache, const void* object, const u8* bad, u8 expected,
          uintptr_t caller) {
    reporter({bug, cache, object, bad, expected, caller});
}

void fill_zones(kmem_cache& cache, void* object, u8 byte) {
    if (!(cache.flags & SLAB_RED_ZONE)) return;
    memset(left_zone(cache, object), byte, cache.red_left);
    memset(right_zone(cache, object), byte, right_zone_bytes(cache));
}

bool zones_are(kmem_cache& cache, const void* object, u8 byte, uintptr_t caller) {
    if (!(cache.flags & SLAB_RED_ZONE)) return true;
    if (const u8* const bad = first_other(left_zone(cache, object), cache.red_left, byte)) {
        tell(slab_bug::left_red_zone, cache, object, bad, byte, caller);
        return false;
    }
    const u8* const bad = first_other(right_zone(cache, object), right_zone_bytes(cache), byte);
    if (bad) tell(slab_bug::right_red_zone, cache, object, bad, byte, caller);
    return !bad;
}

void poison(kmem_cache& cache, void* object) {
    if (!(cache.flags & SLAB_POISON) || cache.ctor) return;
    memset(object, POISON_FREE, cache.object_size - 1);
    bytes(object)[cache.object_size - 1] = POISON_END;
}

bool is_poisoned(kmem_cache& cache, const void* object, uintptr_t caller) {
    if (!(cache.flags & SLAB_POISON) || cache.ctor) return true;
    const size_t last = cache.object_size - 1;
    u8 expected = POISON_FREE;
    const u8* bad = first_other(bytes(object), last, expected);
    if (!bad) bad = first_other(bytes(object) + last, 1, expected = POISON_END);
    if (bad) tell(slab_bug::poison, cache, object, bad, expected, caller);
    return !bad;
}

slab_track now(uintptr_t caller) {
    return {caller, smp_processor_id(), static_cast<u32>(uptime_us() / 1000)};
}

void set_aside(kmem_cache& cache, void* object) {
    clobbered.add(cache, left_zone(cache, object));
    sanitize_freed(object, cache.object_size);
}

// Reports what is wrong with an address that is to be freed.
bool is_live_object(kmem_cache& cache, const void* object, uintptr_t caller) {
    const auto place = cache.strategy->find_slot(cache, object);
    slab_bug bug;
    if (!place)
        bug = slab_bug::not_an_object;
    else if (bytes(place->slot) + cache.red_left != object)
        bug = slab_bug::middle_of_object;
    else if (place->is_free || clobbered.contains(place->slot))
        bug = slab_bug::double_free;
    else
        return true;
    tell(bug, cache, object, nullptr, 0, caller);
    return false;
}

}  // namespace

slab_reporter set_slab_reporter(slab_reporter next) {
    const slab_reporter before = reporter;
    reporter = next;
    return before;
}

void found_slab_bug(const slab_report& report) { reporter(report); }

size_t slab_track_bytes(slab_flags_t flags) {
    return flags & SLAB_STORE_USER ? 2 * sizeof(slab_track) : 0;
}

// Behind the link, which debugged caches have outside of the object.
slab_track& alloc_track(const kmem_cache& cache, const void* object) {
    u8* const behind = bytes(object) - cache.red_left + cache.offset;
    return *reinterpret_cast<slab_track*>(behind + sizeof(void*));
}
slab_track& free_track(const kmem_cache& cache, const void* object) {
    return (&alloc_track(cache, object))[1];
}

bool is_object_of(kmem_cache& cache, void* object, uintptr_t caller) {
    page* const page = slab_page_of(object);
    if (!page) {
        tell(slab_bug::not_an_object, cache, object, nullptr, 0, caller);
        return false;
    }
    if (page->slab_cache->strategy->is_of(cache, page, object)) return true;
    tell(slab_bug::wrong_cache, cache, object, nullptr, 0, caller);
    return false;
}

void prepare_slot(kmem_cache& cache, void* slot) {
    void* const object = bytes(slot) + cache.red_left;
    if (cache.is_debugged()) debug_prepare(cache, slot);
    if (cache.ctor) cache.ctor(object);
}

void debug_prepare(kmem_cache& cache, void* slot) {
    void* const object = bytes(slot) + cache.red_left;
    fill_zones(cache, object, SLUB_RED_INACTIVE);
    poison(cache, object);
    if (cache.flags & SLAB_STORE_USER) alloc_track(cache, object) = free_track(cache, object) = {};
}

void* debug_allocated(kmem_cache& cache, void* slot, size_t, uintptr_t caller) {
    void* const object = bytes(slot) + cache.red_left;
    sanitize_allocated(object, cache.object_size);
    if (!zones_are(cache, object, SLUB_RED_INACTIVE, caller) ||
        !is_poisoned(cache, object, caller)) {
        set_aside(cache, object);
        return nullptr;
    }
    fill_zones(cache, object, SLUB_RED_ACTIVE);
    if (cache.flags & SLAB_STORE_USER) alloc_track(cache, object) = now(caller);
    return object;
}

bool debug_freed(kmem_cache& cache, void* object, uintptr_t caller) {
    if (!is_live_object(cache, object, caller)) return false;
    if (!zones_are(cache, object, SLUB_RED_ACTIVE, caller)) {
        set_aside(cache, object);
        return false;
    }
    fill_zones(cache, object, SLUB_RED_INACTIVE);
    poison(cache, object);
    if (cache.flags & SLAB_STORE_USER) free_track(cache, object) = now(caller);
    return true;
}

u32 slab_nr_live(kmem_cache& cache) {
    const slab_counts counts = cache.strategy->count(cache);
    return counts.active_objects - counts.cpu_objects - clobbered.count_of(cache);
}

u32 free_clobbered_slots(kmem_cache& cache) {
    u32 count = 0;
    for (; void* const slot = clobbered.take(cache); ++count)
        cache.strategy->free(cache, slot);
    return count;
}

void report_leaked_objects(kmem_cache& cache) {
    struct leak_reporter final : slab_visitor {
        explicit leak_reporter(kmem_cache& of) : cache(of) {}
        void slab(const page*, const void*) override {}
        void slot(void* slot, state state) override {
            if (state != state::in_use || clobbered.contains(slot)) return;
            tell(slab_bug::leaked, cache, bytes(slot) + cache.red_left, nullptr, 0, 0);
            ++told;
        }
        kmem_cache& cache;
        u32 told = 0;
    } visitor(cache);
    cache.strategy->visit(cache, visitor);
    // slob cannot tell objects apart that nobody debugs.
    if (const u32 live = slab_nr_live(cache); live > visitor.told)
        pr_err("BUG {}: {} objects remain that cannot be listed", cache.name,
               live - visitor.told);
}
