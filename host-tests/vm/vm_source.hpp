// What a random program's choices are made of: the numbers of a seed, or, one after the
// other, the bytes that a fuzz target was given.
#pragma once

#include "lib/random.hpp"

// Bytes that are used up. A fork's child goes on where its parent was, and the parent
// where the child was.
struct vm_bytes {
    const u8* next;
    const u8* end;
};

class vm_source {
public:
    constexpr vm_source(u64 seed) : random_(seed) {}
    constexpr explicit vm_source(vm_bytes& bytes) : random_(0), bytes_(&bytes) {}

    // 0 ... n-1. Without a byte it is 0.
    constexpr u32 below(u32 n) {
        if (!bytes_) return random_.below(n);
        u32 value = byte();
        if (n > 256) value = value << 8 | byte();
        return value % n;
    }
    constexpr u8 byte() {
        if (!bytes_) return static_cast<u8>(random_.next());
        return is_dry() ? u8{0} : *bytes_->next++;
    }

    // That of a fork's child.
    constexpr vm_source child() { return bytes_ ? *this : vm_source(random_.next()); }

    constexpr bool is_dry() const { return bytes_ && bytes_->next == bytes_->end; }

private:
    random_source random_;
    vm_bytes* bytes_ = nullptr;
};
