// The contents of any page, for a moment: what sources that run on the host, too, use of
// high memory (highmem.hpp has the whole story).
//
//     void* const bytes = kmap_atomic(page);      not preempted from here ...
//     ...                                         no sleep, no page fault of a user's
//     kunmap_atomic(bytes);                       ... to here; the last mapped goes first
//
// kmap_atomic_pfn(frame) is the same where the frame's number is at hand, not its page.
//
// How a page gets its address is found by include path: in the kernel a slot of the fixmap
// (mm/map/window), on the host the arena (host-tests/window), where the order of unmapping
// is checked all the same. Both halves also have
//
//     void copy_page(void* to, const void* from);    PAGE_SIZE bytes, aligned
#pragma once

#include "lib/string.hpp"
#include "mm/phys/page.hpp"

#include <kmap_window.hpp>

// A page while it is mapped: in the order of its declarations.
class mapped_page {
public:
    explicit mapped_page(const page& page) : address_(kmap_atomic(&page)) {}
    ~mapped_page() { kunmap_atomic(address_); }
    mapped_page(const mapped_page&) = delete;
    mapped_page& operator=(const mapped_page&) = delete;

    u8* bytes() const { return static_cast<u8*>(address_); }

private:
    void* address_;
};

inline void copy_highpage(page& to, const page& from) {
    const mapped_page source(from), target(to);
    copy_page(target.bytes(), source.bytes());
}

// offset + bytes is at most PAGE_SIZE.
inline void memcpy_to_page(page& page, u32 offset, const void* from, size_t bytes) {
    kdebug_assert(offset <= PAGE_SIZE && bytes <= PAGE_SIZE - offset,
                  "{} bytes at {} of a page", bytes, offset);
    memcpy(mapped_page(page).bytes() + offset, from, bytes);
}
inline void memcpy_from_page(void* to, const page& page, u32 offset, size_t bytes) {
    kdebug_assert(offset <= PAGE_SIZE && bytes <= PAGE_SIZE - offset,
                  "{} bytes at {} of a page", bytes, offset);
    memcpy(to, mapped_page(page).bytes() + offset, bytes);
}
inline void memzero_page(page& page, u32 offset, size_t bytes) {
    kdebug_assert(offset <= PAGE_SIZE && bytes <= PAGE_SIZE - offset,
                  "{} bytes at {} of a page", bytes, offset);
    memset(mapped_page(page).bytes() + offset, 0, bytes);
}
