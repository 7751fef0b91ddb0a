// The kernel's image in memory, as linker.ld lays it out: where it begins, what is
// behind its data, and where it ends. That is known only when tools/pack-tests is done,
// so it is no symbol.
#pragma once

#include "lib/address.hpp"

#include <span>

// The kernel's only: the host runs no image.
extern "C" {
extern char __image_start[], __data_start[], __data_end[];
extern const u32 __packed_tests[];  // how many bytes, then those
}

inline std::span<const u8> packed_tests() {
    return {reinterpret_cast<const u8*>(__packed_tests + 1), __packed_tests[0]};
}

// The first page that is no longer its own.
inline char* image_end() {
    const std::span<const u8> last = packed_tests();
    const uintptr_t end = reinterpret_cast<uintptr_t>(last.data() + last.size());
    return reinterpret_cast<char*>(align_up(end, uintptr_t{PAGE_SIZE}));
}
