// Room for what a test is too large to have on the kernel's stack. Tests run one after
// another, so all of them use the same; and only while tests run is there any: who runs
// them lends it, zeroed at first. A static variable each would be in the image for ever.
//
//     history& keys = in_scratch<history>();     made anew; the last one's is gone
//
// What a test needs at a time is one struct, and that is all there is room for.
#pragma once

#include "lib/types.hpp"

#include <new>

// The test arena's pages (mm/phys/test_pages.hpp) are the most that is asked for.
inline constexpr size_t test_scratch_size = 20 * 1024 * sizeof(void*);
inline constexpr size_t test_scratch_alignment = 4096;
inline constinit void* test_scratch = nullptr;

template <class T>
concept fits_in_scratch =
    sizeof(T) <= test_scratch_size && alignof(T) <= test_scratch_alignment;

// What is there, taken for a T.
template <fits_in_scratch T>
T& scratch_as() {
    return *std::launder(static_cast<T*>(test_scratch));
}

template <fits_in_scratch T, class... Args>
T& in_scratch(const Args&... args) {
    return *new (test_scratch) T(args...);
}
