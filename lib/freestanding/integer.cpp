// 64-bit division, shifts and bit counting, which a 32-bit compiler does by calls.
//
// libgcc has these too, but not for us: the kernel is compiled with -mregparm=3, and
// g++ and clang++ pass the arguments of these calls in registers accordingly (the
// dividend in %edx:%eax, what does not fit on the stack), while libgcc looks for all
// of them on the stack. Linked against libgcc, 64-bit divisions give wrong results
// without a word. So each such function that a compiler calls is defined here, with
// our own convention; one that is missing must be a failing link, never libgcc's.
//
// They serve correctness. Code that divides often divides by 32 bits or shifts.
#include "lib/types.hpp"

namespace {

struct quotient32 {
    u32 quotient;
    u32 remainder;
};

// The CPU's 64-by-32 division. The quotient must fit: high < divisor.
quotient32 divide_wide(u32 high, u32 low, u32 divisor) {
    quotient32 result;
    asm("divl %4"
        : "=a"(result.quotient), "=d"(result.remainder)
        : "a"(low), "d"(high), "rm"(divisor)
        : "cc");
    return result;
}

constexpr u32 high_half(u64 value) { return static_cast<u32>(value >> 32); }
constexpr u32 low_half(u64 value) { return static_cast<u32>(value); }
constexpr u64 join(u32 high, u32 low) { return u64{high} << 32 | low; }

struct quotient64 {
    u64 quotient;
    u64 remainder;
};

// As on any hardware, a divisor of 0 faults.
quotient64 divide(u64 dividend, u64 divisor) {
    if (high_half(divisor) == 0) {
        // On paper, in base 2^32: the high digit first, its remainder goes down.
        const u32 d = low_half(divisor);
        const quotient32 high = divide_wide(0, high_half(dividend), d);
        const quotient32 low = divide_wide(high.remainder, low_half(dividend), d);
        return {join(high.quotient, low.quotient), low.remainder};
    }
    // The quotient has one digit. Guess it from the divisor's 32 leading bits and half
    // the dividend (which makes the division fit), undo both shifts: the guess is
    // right or one too large, so take one off and see whether it was right.
    const int shift = __builtin_clz(high_half(divisor));
    const u64 half = dividend >> 1;
    const u32 leading = high_half(divisor << shift);
    const u32 guess = divide_wide(high_half(half), low_half(half), leading).quotient;
    u32 quotient = static_cast<u32>((u64{guess} << shift) >> 31);
    if (quotient != 0) --quotient;
    const u64 product =
        u64{quotient} * low_half(divisor) + (u64{quotient * high_half(divisor)} << 32);
    u64 remainder = dividend - product;
    if (remainder >= divisor) {
        remainder -= divisor;
        ++quotient;
    }
    return {quotient, remainder};
}

constexpr u64 magnitude(s64 value) {
    return value < 0 ? 0 - static_cast<u64>(value) : static_cast<u64>(value);
}

constexpr s64 with_sign(u64 value, bool negative) {
    return static_cast<s64>(negative ? 0 - value : value);
}

constexpr int population(u32 bits) {
    bits -= bits >> 1 & 0x55555555;
    bits = (bits & 0x33333333) + (bits >> 2 & 0x33333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f;
    return static_cast<int>(bits * 0x01010101 >> 24);
}

}  // namespace

extern "C" {

u64 __udivdi3(u64 a, u64 b) { return divide(a, b).quotient; }
u64 __umoddi3(u64 a, u64 b) { return divide(a, b).remainder; }

u64 __udivmoddi4(u64 a, u64 b, u64* remainder) {
    const quotient64 result = divide(a, b);
    if (remainder) *remainder = result.remainder;
    return result.quotient;
}

// Towards zero; the remainder has the dividend's sign.
s64 __divdi3(s64 a, s64 b) {
    return with_sign(divide(magnitude(a), magnitude(b)).quotient, (a < 0) != (b < 0));
}

s64 __moddi3(s64 a, s64 b) {
    return with_sign(divide(magnitude(a), magnitude(b)).remainder, a < 0);
}

s64 __divmoddi4(s64 a, s64 b, s64* remainder) {
    const quotient64 result = divide(magnitude(a), magnitude(b));
    if (remainder) *remainder = with_sign(result.remainder, a < 0);
    return with_sign(result.quotient, (a < 0) != (b < 0));
}

// Where size counts, shifts are calls too. By halves: a 64-bit shift here would be a call
// of itself. The count is below 64.
u64 __ashldi3(u64 value, int count) {
    const u32 low = low_half(value), high = high_half(value);
    if (count == 0) return value;
    if (count >= 32) return join(low << (count - 32), 0);
    return join(high << count | low >> (32 - count), low << count);
}
u64 __lshrdi3(u64 value, int count) {
    const u32 low = low_half(value), high = high_half(value);
    if (count == 0) return value;
    if (count >= 32) return join(0, high >> (count - 32));
    return join(high >> count, low >> count | high << (32 - count));
}
s64 __ashrdi3(s64 value, int count) {
    const u32 low = low_half(static_cast<u64>(value));
    const s32 high = static_cast<s32>(high_half(static_cast<u64>(value)));
    if (count == 0) return value;
    if (count >= 32)
        return static_cast<s64>(join(static_cast<u32>(high >> 31),
                                     static_cast<u32>(high >> (count - 32))));
    return static_cast<s64>(join(static_cast<u32>(high >> count),
                                 low >> count | static_cast<u32>(high) << (32 - count)));
}

int __popcountsi2(u32 value) { return population(value); }
int __popcountdi2(u64 value) {
    return population(low_half(value)) + population(high_half(value));
}
int __paritysi2(u32 value) { return population(value) & 1; }
int __paritydi2(u64 value) { return population(low_half(value) ^ high_half(value)) & 1; }

// The two counts are undefined for 0, as the builtins are.
int __ctzdi2(u64 value) {
    const u32 low = low_half(value);
    return low ? __builtin_ctz(low) : 32 + __builtin_ctz(high_half(value));
}
int __clzdi2(u64 value) {
    const u32 high = high_half(value);
    return high ? __builtin_clz(high) : 32 + __builtin_clz(low_half(value));
}
int __ffsdi2(u64 value) { return value ? __ctzdi2(value) + 1 : 0; }
}
