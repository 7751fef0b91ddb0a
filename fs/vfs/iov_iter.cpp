#include "fs/vfs/iov_iter.hpp"

#include "mm/map/kmap.hpp"

namespace {

constexpr size_t bounce_bytes = 256;

u32 as_u32(size_t bytes) { return static_cast<u32>(bytes); }

}  // namespace

void iov_iter::advance(size_t bytes) {
    if (kernel_) kernel_ += bytes;
    else user_ += as_u32(bytes);
    left_ -= bytes;
}

size_t iov_iter::copy_to(const void* from, size_t bytes) {
    size_t copied = min_of(bytes, left_);
    if (kernel_) memcpy(kernel_, from, copied);
    else copied -= copy_to_user(user_ptr<void>(user_), from, as_u32(copied));
    advance(copied);
    return copied;
}

size_t iov_iter::zero(size_t bytes) {
    size_t zeroed = min_of(bytes, left_);
    if (kernel_) memset(kernel_, 0, zeroed);
    else zeroed -= clear_user(user_ptr<void>(user_), as_u32(zeroed));
    advance(zeroed);
    return zeroed;
}

size_t iov_iter::copy_from(void* to, size_t bytes) {
    size_t copied = min_of(bytes, left_);
    if (kernel_) memcpy(to, kernel_, copied);
    else copied -= copy_from_user(to, user_ptr<const void>(user_), as_u32(copied));
    advance(copied);
    return copied;
}

size_t iov_iter::copy_page_to(const page& from, u32 offset, size_t bytes) {
    bytes = min_of(bytes, left_);
    size_t done = 0;
    while (done < bytes) {
        {
            const mapped_page mapped(from);
            done += copy_to(mapped.bytes() + offset + done, bytes - done);
        }
        if (done == bytes) break;
        u8 bounce[bounce_bytes];
        const size_t some = min_of(bytes - done, sizeof bounce);
        memcpy_from_page(bounce, from, offset + as_u32(done), some);
        const size_t copied = copy_to(bounce, some);
        done += copied;
        if (copied < some) break;
    }
    return done;
}

size_t iov_iter::copy_page_from(page& to, u32 offset, size_t bytes) {
    bytes = min_of(bytes, left_);
    size_t done = 0;
    while (done < bytes) {
        {
            const mapped_page mapped(to);
            done += copy_from(mapped.bytes() + offset + done, bytes - done);
        }
        if (done == bytes) break;
        u8 bounce[bounce_bytes];
        const size_t some = min_of(bytes - done, sizeof bounce);
        const size_t copied = copy_from(bounce, some);
        memcpy_to_page(to, offset + as_u32(done), bounce, copied);
        done += copied;
        if (copied < some) break;
    }
    return done;
}
