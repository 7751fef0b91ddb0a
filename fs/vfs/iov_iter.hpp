// Where read() puts bytes and write() takes them from: the kernel's memory or a program's. It
// moves on as bytes are copied.
//
// A page of a file may be high memory, and is mapped for a moment in which nobody sleeps; a
// program's page may be missing, and bringing it sleeps. So a page is copied at once as far
// as the program's memory is there; what is not is brought by way of a few bytes in between.
#pragma once

#include "mm/phys/page.hpp"
#include "mm/vm/user_access.hpp"

class iov_iter {
public:
    static iov_iter of_kernel(void* memory, size_t bytes) { return {memory, 0, bytes}; }
    static iov_iter of_kernel(const void* memory, size_t bytes) {
        return {const_cast<void*>(memory), 0, bytes};
    }
    static iov_iter of_user(user_ptr<const void> memory, size_t bytes) {
        return {nullptr, memory.raw(), bytes};
    }

    size_t count() const { return left_; }

    // How many bytes were copied: fewer where it ends, or the program's memory does.
    size_t copy_to(const void* from, size_t bytes);
    size_t zero(size_t bytes);
    size_t copy_from(void* to, size_t bytes);
    // Part of a page.
    size_t copy_page_to(const page& from, u32 offset, size_t bytes);
    size_t copy_page_from(page& to, u32 offset, size_t bytes);

private:
    iov_iter(void* kernel, u32 user, size_t bytes)
        : kernel_(static_cast<u8*>(kernel)), user_(user), left_(bytes) {}
    void advance(size_t bytes);

    u8* kernel_;  // null: a program's
    u32 user_;
    size_t left_;
};
