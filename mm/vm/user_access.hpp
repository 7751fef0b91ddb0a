// A program's memory, as the kernel reads and writes it on its behalf (spec F6).
//
//     user_ptr<timespec> wanted;          what a program has passed: any number
//     if (!get_user(now, wanted)) return err{EFAULT};
//
//     0            TASK_SIZE                      4 GiB
//     |  a user's     |  the kernel's                |
//        [ a range ]                                    is tried: page faults resolve it
//               [ a range ]                             refused as a whole: it ends in the
//                              [ a range ]              kernel's part, or wraps around
//
// A user_ptr is no pointer: it cannot be dereferenced by mistake. Only the calls below
// take it; they look at the whole range first, so no address of the kernel's can be
// passed through them. What is in the range may still be unmapped, or become so half-way:
// the answer says how many bytes are missing.
//
// All may sleep. Where the kernel must not, nothing is faulted in: what is not there
// already is missing.
#pragma once

#include "arch/i386/user_copy.hpp"
#include "lib/address.hpp"
#include "lib/result.hpp"
#include "lib/string.hpp"
#include "mm/vm/mm_types.hpp"

#include <type_traits>

template <class T>
class user_ptr {
public:
    constexpr user_ptr() = default;
    constexpr explicit user_ptr(u32 address) : address_(address) {}
    // What may be written may be read, and any type is bytes.
    template <class U>
        requires std::is_convertible_v<U*, T*>
    constexpr user_ptr(user_ptr<U> other) : address_(other.raw()) {}

    constexpr u32 raw() const { return address_; }
    constexpr explicit operator bool() const { return address_ != 0; }
    // By elements; may wrap around, and is looked at when it is used.
    template <class U = T>
    constexpr user_ptr operator+(u32 elements) const {
        return user_ptr(address_ + elements * static_cast<u32>(sizeof(U)));
    }

private:
    u32 address_ = 0;
};

// Whether all of the range is in the user's part. Says nothing of what is there.
inline bool access_ok(u32 address, u32 bytes) {
    return bytes <= TASK_SIZE && address <= TASK_SIZE - bytes;
}

// How many bytes are missing: 0 is success. Of a copy from a user, what is missing is
// zeroes: the kernel never goes on with what stood there by chance.
[[nodiscard]] u32 copy_from_user(void* to, user_ptr<const void> from, u32 bytes);
// The same into what others see already: what is missing stays as it was.
[[nodiscard]] u32 copy_from_user_inatomic(void* to, user_ptr<const void> from, u32 bytes);
[[nodiscard]] u32 copy_to_user(user_ptr<void> to, const void* from, u32 bytes);
[[nodiscard]] u32 clear_user(user_ptr<void> to, u32 bytes);

namespace user_access_detail {
template <u32 Bytes>
using word_of = std::conditional_t<
    Bytes == 1, u8,
    std::conditional_t<Bytes == 2, u16, std::conditional_t<Bytes == 4, u32, void>>>;
}  // namespace user_access_detail

// The length of the string without its zero, which was copied too; or `bytes`, if there is
// none among so many, and none is in `to` either. EFAULT.
result<u32> strncpy_from_user(char* to, user_ptr<const char> from, u32 bytes);

// One value. EFAULT: it is zero, nothing was written. A number or a pointer is read or
// written by one instruction, so as a whole, where it does not straddle two pages.
template <class T>
[[nodiscard]] result<> get_user(T& value, user_ptr<const T> from) {
    using word = user_access_detail::word_of<sizeof(T)>;
    static_assert(std::is_trivially_copyable_v<T>);
    if constexpr (!std::is_void_v<word>) {
        word read = 0;
        const bool there = access_ok(from.raw(), sizeof(T)) && raw_get_user(read, from.raw());
        __builtin_memcpy(static_cast<void*>(&value), &read, sizeof(T));
        if (there) [[likely]] return {};
    } else {
        if (copy_from_user(&value, from, sizeof(T)) == 0) return {};
        memset(static_cast<void*>(&value), 0, sizeof(T));
    }
    return err{EFAULT};
}
template <class T>
[[nodiscard]] result<> put_user(std::type_identity_t<T> value, user_ptr<T> to) {
    using word = user_access_detail::word_of<sizeof(T)>;
    static_assert(std::is_trivially_copyable_v<T>);
    if constexpr (!std::is_void_v<word>) {
        word written;
        __builtin_memcpy(&written, static_cast<const void*>(&value), sizeof(T));
        if (access_ok(to.raw(), sizeof(T)) && raw_put_user(written, to.raw())) [[likely]]
            return {};
    } else if (copy_to_user(to, &value, sizeof(T)) == 0) {
        return {};
    }
    return err{EFAULT};
}

// Whether the word was the expected one, and is the desired one now. EFAULT.
inline result<bool> compare_exchange_user(u32 address, u32 expected, u32 desired) {
    u32 found = expected;
    if (!access_ok(address, sizeof(u32)) || !raw_compare_exchange_user(address, found, desired))
        return err{EFAULT};
    return found == expected;
}
