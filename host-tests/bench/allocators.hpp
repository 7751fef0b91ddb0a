// Who is compared by `make bench-host`: Loci's kmalloc, compiled for this host from the
// kernel's own sources, and four allocators that programs here use.
//
//     Loci       kmalloc and kfree over the arena of host-tests/support
//     glibc      malloc and free, as this program has them anyway
//     mimalloc   } shared libraries as the distribution builds them, opened
//     jemalloc   } by dlopen: so all are in one process, and none takes the
//     tcmalloc   } place of glibc's malloc for the others
//
// Everybody is called by pointers to functions that take no more than malloc and free
// do. That is what a call into a shared library costs; kmalloc, which a kernel calls
// directly, pays it here, too, and a jump on top (at 32 bits a call) for its second
// parameter. Nobody knows the sizes at compile time.
#pragma once

#include "lib/types.hpp"

#include <string>
#include <vector>

struct allocator {
    const char* name;
    void* (*alloc)(size_t size);
    void (*free)(void* object);
};

// Ours is the first. Those that could not be opened are missing, and `problems` says
// why, a line each.
std::vector<allocator> open_allocators(std::string& problems);
