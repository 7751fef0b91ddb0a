#include "host-tests/bench/allocators.hpp"

#include "mm/slab/kmalloc.hpp"

#include <dlfcn.h>

#include <cstdlib>

namespace {

struct library {
    const char* name;
    const char* file;
    const char* alloc;
    const char* free;
};

constexpr library libraries[] = {
    {"mimalloc", "libmimalloc.so.2", "mi_malloc", "mi_free"},
    {"jemalloc", "libjemalloc.so.2", "malloc", "free"},
    {"tcmalloc", "libtcmalloc_minimal.so.4", "tc_malloc", "tc_free"},
};

void* our_alloc(size_t size) { return kmalloc(size, GFP_KERNEL); }
void our_free(void* object) { kfree(object); }

template <class Function>
bool find(void* opened, const char* symbol, Function*& function) {
    function = reinterpret_cast<Function*>(dlsym(opened, symbol));
    return function != nullptr;
}

bool open(const library& wanted, allocator& opened) {
    opened.name = wanted.name;
    void* const handle = dlopen(wanted.file, RTLD_NOW | RTLD_LOCAL);
    return handle && find(handle, wanted.alloc, opened.alloc) &&
           find(handle, wanted.free, opened.free);
}

}  // namespace

std::vector<allocator> open_allocators(std::string& problems) {
    std::vector<allocator> all{{"Loci", our_alloc, our_free}, {"glibc", malloc, free}};
    for (const library& wanted : libraries) {
        allocator opened;
        if (open(wanted, opened))
            all.push_back(opened);
        else
            problems.append(dlerror()).append("\n");
    }
    return all;
}
