#include "mm/vm/user_access.hpp"

#include "arch/i386/user_copy.hpp"
#include "lib/string.hpp"

u32 copy_from_user_inatomic(void* to, user_ptr<const void> from, u32 bytes) {
    return access_ok(from.raw(), bytes) ? raw_copy_from_user(to, from.raw(), bytes) : bytes;
}

u32 copy_from_user(void* to, user_ptr<const void> from, u32 bytes) {
    const u32 missing = copy_from_user_inatomic(to, from, bytes);
    if (missing) [[unlikely]]
        memset(static_cast<u8*>(to) + (bytes - missing), 0, missing);
    return missing;
}

u32 copy_to_user(user_ptr<void> to, const void* from, u32 bytes) {
    return access_ok(to.raw(), bytes) ? raw_copy_to_user(to.raw(), from, bytes) : bytes;
}

u32 clear_user(user_ptr<void> to, u32 bytes) {
    return access_ok(to.raw(), bytes) ? raw_clear_user(to.raw(), bytes) : bytes;
}

// In pieces that no page border divides: a string that ends at the end of a page has no
// business with the next one.
result<u32> strncpy_from_user(char* to, user_ptr<const char> from, u32 bytes) {
    constexpr u32 piece_most = 64;
    for (u32 done = 0; done < bytes;) {
        const u32 at = from.raw() + done;
        const u32 in_page = PAGE_SIZE - (at & (PAGE_SIZE - 1));
        const u32 piece = min_of(min_of(bytes - done, in_page), piece_most);
        if (!access_ok(at, piece) || raw_copy_from_user(to + done, at, piece) != 0)
            return err{EFAULT};
        for (u32 i = done; i < done + piece; ++i)
            if (to[i] == '\0') return i;
        done += piece;
    }
    return bytes;
}
