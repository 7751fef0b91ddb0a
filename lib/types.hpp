// The integer names of the house, and the few helpers that need no home.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
using std::size_t;
using std::uintptr_t;

// Round to a multiple of a power of two. align_up wraps to 0 when the next
// multiple is not representable; callers that take outside input must check.
template <std::unsigned_integral T>
constexpr T align_down(T value, std::type_identity_t<T> alignment) {
    return static_cast<T>(value & ~static_cast<T>(alignment - 1));
}

template <std::unsigned_integral T>
constexpr T align_up(T value, std::type_identity_t<T> alignment) {
    return align_down(static_cast<T>(value + (alignment - 1)), alignment);
}

template <std::unsigned_integral T>
constexpr bool is_aligned(T value, std::type_identity_t<T> alignment) {
    return (value & (alignment - 1)) == 0;
}

template <class T>
constexpr const T& min_of(const T& a, const T& b) {
    return b < a ? b : a;
}

template <class T>
constexpr const T& max_of(const T& a, const T& b) {
    return a < b ? b : a;
}
