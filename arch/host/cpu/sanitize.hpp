// Telling AddressSanitizer which memory is in use: what a cache has taken back is out
// of bounds until it is handed out again.
#pragma once

#include "lib/types.hpp"

#include <sanitizer/asan_interface.h>

// For those who work on what is out of bounds for others.
#define NO_SANITIZE_ADDRESS __attribute__((no_sanitize("address")))

inline void sanitize_allocated(const void* start, size_t bytes) {
    ASAN_UNPOISON_MEMORY_REGION(start, bytes);
}
inline void sanitize_freed(const void* start, size_t bytes) {
    ASAN_POISON_MEMORY_REGION(start, bytes);
}
