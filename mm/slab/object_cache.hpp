// Caches with a type: what comes out is a T, and only a T goes back.
//
//     constinit object_cache<vm_struct> vm_structs("vm_struct");
//
//     vm_struct* const area = vm_structs.alloc(GFP_KERNEL);   constructed, or null
//     vm_structs.free(area);                                  destroyed, and back
//
// The cache is made by init(), when memory is there; until then alloc() must not run.
#pragma once

#include "mm/slab/kmem_cache.hpp"

#include <new>
#include <utility>

template <class T>
class object_cache {
public:
    constexpr explicit object_cache(const char* name, slab_flags_t flags = 0)
        : name_(name), flags_(flags) {}
    object_cache(const object_cache&) = delete;
    object_cache& operator=(const object_cache&) = delete;

    // False: no memory.
    [[nodiscard]] bool init() {
        cache_ = kmem_cache_create(name_, sizeof(T), alignof(T), flags_, nullptr);
        return cache_ != nullptr;
    }
    // False: objects are still in use; they were reported.
    bool destroy() {
        if (!kmem_cache_destroy(cache_)) return false;
        cache_ = nullptr;
        return true;
    }

    template <class... Args>
    [[nodiscard, gnu::always_inline]] T* alloc(gfp_t mask, Args&&... args) {
        void* const room = kmem_cache_alloc(cache_, mask);
        return room ? new (room) T{std::forward<Args>(args)...} : nullptr;
    }
    [[gnu::always_inline]] void free(T* object) {
        object->~T();
        kmem_cache_free(cache_, object);
    }

    kmem_cache* get() const { return cache_; }

private:
    const char* name_;
    slab_flags_t flags_;
    kmem_cache* cache_ = nullptr;
};
