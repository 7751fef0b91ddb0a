// Memory debugging of caches (spec D7): for those that have debug flags, and the few
// checks that all have.
//
//     letter  flag                      what is noticed
//     F       SLAB_CONSISTENCY_CHECKS   double free, free of what is no object,
//                                       free to another cache, a clobbered link at
//                                       each free (at others' allocations in any case)
//     Z       SLAB_RED_ZONE             writing before or behind an object
//     P       SLAB_POISON               writing to a free object; reading one shows 6b
//     U       SLAB_STORE_USER           nothing, but reports name who allocated, freed
//
//     slub_debug=FZPU,filp       of "filp"; without a name, of all; "-" none
//     slub_debug=                F, Z, P and U of all
//
// Bytes that mean something (Linux's):
//
//     red zone    bb  the object is free     cc  it is in use
//     poison      6b  free     a5  the last byte of a free object
//
// What is found goes to a reporter, once for each finding; the usual one logs it in
// Linux's shape. A clobbered slot is then not handed out any more, for somebody may
// still write to it: it is set aside until its cache is destroyed, and does not count
// as in use. The first `most_clobbered` are remembered; a cache of others keeps them
// for good, and says so when it cannot be destroyed.
#pragma once

#include "lib/fault_injection.hpp"
#include "mm/slab/kmem_cache.hpp"

// "failslab": allocations from caches that fail on purpose.
extern fault_attr failslab;

inline constexpr u8 SLUB_RED_INACTIVE = 0xbb, SLUB_RED_ACTIVE = 0xcc;
inline constexpr u8 POISON_FREE = 0x6b, POISON_END = 0xa5;

enum class slab_bug : u8 {
    double_free,
    not_an_object,       // an address that is in no slab, or in none of the cache's
    middle_of_object,    // in a slot, but not where its object begins
    wrong_cache,         // an object of another cache
    left_red_zone,
    right_red_zone,
    poison,              // a free object was written to
    link,                // the link of a free object leads nowhere
    first_link,          // the link to a slab's first free object does
    leaked,              // still in use when its cache is destroyed
};
const char* slab_bug_name(slab_bug bug);

// Who did something to an object, and when.
struct slab_track {
    uintptr_t caller;
    u32 cpu;
    u32 milliseconds;
};

struct slab_report {
    slab_bug bug;
    const kmem_cache& cache;
    const void* object;     // or whatever address was given
    const u8* bad = nullptr;  // the first wrong byte
    u8 expected = 0;
    uintptr_t caller = 0;   // in whose call it was found; 0: not known
    const void* link = nullptr;  // of a link: where it leads
    u32 lost = 0;                // and how many free objects nobody reaches any more
};
using slab_reporter = void (*)(const slab_report& report);
void report_slab_bug(const slab_report& report);  // the usual one
slab_reporter set_slab_reporter(slab_reporter reporter);
// To the reporter there is; for strategies.
void found_slab_bug(const slab_report& report);

// What slub_debug= says about a cache of this name, if its flags leave that to it.
slab_flags_t slab_debug_flags(const char* name, slab_flags_t flags = 0);
struct slab_debug_setting {
    slab_flags_t flags = 0;
    std::string_view names;  // empty: all caches; else several, with commas, with * ?
};
// Nothing when it is malformed.
std::optional<slab_debug_setting> parse_slab_debug(std::string_view text);

// Room for who allocated and who freed.
size_t slab_track_bytes(slab_flags_t flags);
// Those of an object of a cache with SLAB_STORE_USER.
slab_track& alloc_track(const kmem_cache& cache, const void* object);
slab_track& free_track(const kmem_cache& cache, const void* object);

// Whether the object's page is a slab of this cache: else it is reported.
bool is_object_of(kmem_cache& cache, void* object, uintptr_t caller);

// A new slot, before it was ever used.
void debug_prepare(kmem_cache& cache, void* slot);
// A slot goes out: the object in it, or null when it was clobbered while it was free;
// then it was reported, and is nobody's from now on.
void* debug_allocated(kmem_cache& cache, void* slot, size_t size, uintptr_t caller);
// An object comes back. False: something is wrong, was reported, and the object must
// not be used again.
bool debug_freed(kmem_cache& cache, void* object, uintptr_t caller);

inline constexpr u32 most_clobbered = 64;
// Slots of this cache that were set aside go back to the strategy: how many.
u32 free_clobbered_slots(kmem_cache& cache);

// Objects in use.
u32 slab_nr_live(kmem_cache& cache);
void report_leaked_objects(kmem_cache& cache);
