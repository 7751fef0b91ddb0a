// Where read() puts bytes and write() takes them from: the kernel's memory, or one or many
// pieces of a program's. It moves on as bytes are copied.
//
// A page of a file may be high memory, and is mapped for a moment in which nobody sleeps; a
// program's page may be missing, and bringing it sleeps. So a page is copied at once as far
// as the program's memory is there; what is not is brought by way of a few bytes in
// between.
#pragma once

#include "mm/phys/page.hpp"
#include "mm/vm/user_access.hpp"

// No more at once, so that a count fits a program's ssize_t.
inline constexpr u32 MAX_RW_COUNT = 0x7ffff000;

// A piece of a program's memory, as readv() has it (Linux's struct iovec for i386).
struct user_segment {
    u32 base;
    u32 length;
};

class iov_iter {
public:
    static iov_iter of_kernel(void* memory, size_t bytes) { return {memory, 0, bytes}; }
    static iov_iter of_kernel(const void* memory, size_t bytes) {
        return {const_cast<void*>(memory), 0, bytes};
    }
    static iov_iter of_user(user_ptr<const void> memory, size_t bytes) {
        return {nullptr, memory.raw(), bytes};
    }
    // In this order; `total` is not above the sum of their lengths. They stay where they
    // are.
    static iov_iter of_user_segments(const user_segment* segments, size_t total) {
        iov_iter made{nullptr, 0, 0};
        made.left_ = total;
        made.more_ = segments;
        return made;
    }

    size_t count() const { return left_; }
    // Whether all of it is the kernel's, or in a program's part; segments are looked at by
    // who made them.
    bool is_accessible() const {
        return kernel_ || more_ ||
               (left_ <= ~u32{0} && access_ok(user_, static_cast<u32>(left_)));
    }
    // Not more than so many bytes are left.
    void truncate(size_t bytes) { left_ = min_of(left_, bytes); }

    // How many bytes were copied: fewer where it ends, or the program's memory does.
    size_t copy_to(const void* from, size_t bytes);
    size_t zero(size_t bytes);
    size_t copy_from(void* to, size_t bytes);
    // Part of a page.
    size_t copy_page_to(const page& from, u32 offset, size_t bytes);
    size_t copy_page_from(page& to, u32 offset, size_t bytes);

private:
    iov_iter(void* kernel, u32 user, size_t bytes)
        : kernel_(static_cast<u8*>(kernel)), user_(user), here_(bytes), left_(bytes) {}
    // What does not come leaves what was there.
    size_t copy_from_inatomic(void* to, size_t bytes);
    template <class Copy>
    size_t each_piece(size_t bytes, Copy copy);

    u8* kernel_;   // null: a program's
    u32 user_;
    size_t here_;  // bytes in this piece; of what is left it may be more
    size_t left_;
    const user_segment* more_ = nullptr;
};
