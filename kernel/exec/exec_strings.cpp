#include "kernel/exec/exec_strings.hpp"

result<u32> kernel_strings::count() const { return static_cast<u32>(strings_.size()); }

result<u32> kernel_strings::bytes(u32 index) const {
    return static_cast<u32>(min_of(strlen(strings_[index]), size_t{MAX_ARG_STRLEN})) + 1;
}

result<> kernel_strings::copy(void* to, u32 index, u32 offset, u32 bytes) const {
    memcpy(to, strings_[index] + offset, bytes);
    return {};
}

// Memory ends before the numbers do.
result<u32> user_strings::count() const {
    if (!pointers_) return 0u;
    for (u32 i = 0;; ++i) {
        const result<u32> pointer = string(i);
        if (!pointer) return pointer;
        if (*pointer == 0) return i;
    }
}

result<u32> user_strings::string(u32 index) const {
    u32 pointer;
    if (const result<> got = get_user(pointer, pointers_ + index); !got)
        return err{got.error()};
    return pointer;
}

result<u32> user_strings::bytes(u32 index) const {
    const result<u32> at = string(index);
    if (!at) return at;
    char piece[64];
    for (u32 done = 0; done <= MAX_ARG_STRLEN;) {
        const result<u32> length =
            strncpy_from_user(piece, user_ptr<const char>(*at) + done, sizeof piece);
        if (!length) return length;
        done += *length;
        if (*length < sizeof piece) return done + 1;
    }
    return MAX_ARG_STRLEN + 1;
}

result<> user_strings::copy(void* to, u32 index, u32 offset, u32 bytes) const {
    const result<u32> at = string(index);
    if (!at) return err{at.error()};
    if (copy_from_user(to, user_ptr<const char>(*at) + offset, bytes) != 0)
        return err{EFAULT};
    return {};
}
