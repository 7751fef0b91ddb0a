#include "fs/vfs/iov_iter.hpp"

#include "mm/map/kmap.hpp"

namespace {

constexpr size_t bounce_bytes = 256;

u32 as_u32(size_t bytes) { return static_cast<u32>(bytes); }

}  // namespace

// copy(bytes done before, bytes of this piece) answers how many it copied.
template <class Copy>
size_t iov_iter::each_piece(size_t bytes, Copy copy) {
    bytes = min_of(bytes, left_);
    size_t done = 0;
    while (done < bytes) {
        while (here_ == 0) {
            user_ = more_->base;
            here_ = more_->length;
            ++more_;
        }
        const size_t wanted = min_of(bytes - done, here_);
        const size_t copied = copy(done, wanted);
        if (kernel_) kernel_ += copied;
        else user_ += as_u32(copied);
        here_ -= copied;
        left_ -= copied;
        done += copied;
        if (copied < wanted) break;
    }
    return done;
}

size_t iov_iter::copy_to(const void* from, size_t bytes) {
    return each_piece(bytes, [&](size_t done, size_t wanted) -> size_t {
        const u8* const source = static_cast<const u8*>(from) + done;
        if (!kernel_)
            return wanted - copy_to_user(user_ptr<void>(user_), source, as_u32(wanted));
        memcpy(kernel_, source, wanted);
        return wanted;
    });
}

size_t iov_iter::zero(size_t bytes) {
    return each_piece(bytes, [&](size_t, size_t wanted) -> size_t {
        if (!kernel_) return wanted - clear_user(user_ptr<void>(user_), as_u32(wanted));
        memset(kernel_, 0, wanted);
        return wanted;
    });
}

size_t iov_iter::copy_from(void* to, size_t bytes) {
    return each_piece(bytes, [&](size_t done, size_t wanted) -> size_t {
        u8* const target = static_cast<u8*>(to) + done;
        if (!kernel_)
            return wanted -
                   copy_from_user(target, user_ptr<const void>(user_), as_u32(wanted));
        memcpy(target, kernel_, wanted);
        return wanted;
    });
}

size_t iov_iter::copy_from_inatomic(void* to, size_t bytes) {
    return each_piece(bytes, [&](size_t done, size_t wanted) -> size_t {
        u8* const target = static_cast<u8*>(to) + done;
        if (!kernel_)
            return wanted - copy_from_user_inatomic(target, user_ptr<const void>(user_),
                                                    as_u32(wanted));
        memcpy(target, kernel_, wanted);
        return wanted;
    });
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
            done += copy_from_inatomic(mapped.bytes() + offset + done, bytes - done);
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
