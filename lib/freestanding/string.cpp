// memcpy and its kin, for the kernel, which has no C library.
//
// Nobody needs to name these for them to be called: g++ calls memcmp for comparing
// string_views, clang++ calls memcpy and memset for copying and clearing structures
// of more than some dozens of bytes.
//
// Their arguments come as in any function of ours. The kernel is compiled with
// -mregparm=3, and both compilers obey it in the calls that they make up (seen in
// the disassembly, g++ 12 and clang++ 14): `*to = *from` is "to" in %eax, "from" in
// %edx, the size in %ecx. So they are plain functions here, and no attribute is
// wanted. What libgcc brings is another matter: see integer.cpp.
//
// Two things must not happen. A loop that copies is recognised by the compiler and
// made into a call of memcpy, here of itself: the string instructions cannot be so
// recognised, and the other loops keep their pointers `opaque`. And the direction
// flag is never set: a backward copy moves words by hand, which is also quicker than
// a backward `rep movs` on every CPU. Whoever enters the kernel clears the flag.
//
// `rep movsl` and `rep stosl` are at their best on an aligned destination; for a few
// words, aligning costs more than it saves.
#include "lib/string.hpp"

namespace {

constexpr size_t worth_aligning = 32;

// A word wherever it lies.
using any_word [[gnu::may_alias, gnu::aligned(1)]] = u32;

template <class T>
[[gnu::always_inline]] inline void opaque(T*& pointer) {
    asm("" : "+r"(pointer));
}

size_t bytes_to_alignment(const void* address) {
    return -reinterpret_cast<uintptr_t>(address) & 3;
}

[[gnu::always_inline]] inline void copy_words(void*& to, const void*& from, size_t count) {
    asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count)::"memory");
}

[[gnu::always_inline]] inline void copy_bytes(void*& to, const void*& from, size_t count) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count)::"memory");
}

[[gnu::always_inline]] inline void store_words(void*& to, u32 word, size_t count) {
    asm volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(word) : "memory");
}

[[gnu::always_inline]] inline void store_bytes(void*& to, u32 byte, size_t count) {
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
}

// Upwards; right also when `to` lies below `from` and the two overlap.
[[gnu::always_inline]] inline void copy_upwards(void* to, const void* from, size_t n) {
    if (n >= worth_aligning) {
        const size_t head = bytes_to_alignment(to);
        if (head) copy_bytes(to, from, head);
        n -= head;
    }
    copy_words(to, from, n / 4);
    if (n % 4) copy_bytes(to, from, n % 4);
}

void copy_downwards(void* to, const void* from, size_t n) {
    u8* t = static_cast<u8*>(to) + n;
    const u8* f = static_cast<const u8*>(from) + n;
    for (; n >= 4; n -= 4) {
        t -= 4;
        f -= 4;
        opaque(t);
        *reinterpret_cast<any_word*>(t) = *reinterpret_cast<const any_word*>(f);
    }
    for (; n > 0; --n) {
        opaque(t);
        *--t = *--f;
    }
}

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t n) noexcept {
    copy_upwards(to, from, n);
    return to;
}

void* memmove(void* to, const void* from, size_t n) noexcept {
    // As an unsigned number, the distance from a `to` below `from` is huge.
    const uintptr_t distance =
        reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from);
    if (distance >= n) copy_upwards(to, from, n);
    else copy_downwards(to, from, n);
    return to;
}

void* memset(void* const to, int byte, size_t n) noexcept {
    const u32 word = static_cast<u8>(byte) * 0x01010101u;
    void* at = to;
    if (n >= worth_aligning) {
        const size_t head = bytes_to_alignment(at);
        if (head) store_bytes(at, word, head);
        n -= head;
    }
    store_words(at, word, n / 4);
    if (n % 4) store_bytes(at, word, n % 4);
    return to;
}

int memcmp(const void* a, const void* b, size_t n) noexcept {
    const u8* x = static_cast<const u8*>(a);
    const u8* y = static_cast<const u8*>(b);
    while (n >= 4 && *reinterpret_cast<const any_word*>(x) ==
                         *reinterpret_cast<const any_word*>(y)) {
        x += 4;
        y += 4;
        n -= 4;
        opaque(x);
    }
    for (; n > 0; --n, ++x, ++y) {
        opaque(x);
        if (*x != *y) return *x - *y;
    }
    return 0;
}

// string_view::find comes down to this. The C library's two overloads of it in C++
// are one function.
void* memchr(const void* in, int byte, size_t n) noexcept {
    const u8* at = static_cast<const u8*>(in);
    for (; n > 0; --n, ++at) {
        opaque(at);
        if (*at == static_cast<u8>(byte)) return const_cast<u8*>(at);
    }
    return nullptr;
}

size_t strlen(const char* text) noexcept {
    const char* end = text;
    while (*end) {
        ++end;
        opaque(end);
    }
    return static_cast<size_t>(end - text);
}

int strcmp(const char* a, const char* b) noexcept { return strncmp(a, b, ~size_t{0}); }

int strncmp(const char* a, const char* b, size_t n) noexcept {
    for (; n > 0; --n, ++a, ++b) {
        opaque(a);
        const u8 x = static_cast<u8>(*a), y = static_cast<u8>(*b);
        if (x != y) return x - y;
        if (x == 0) break;
    }
    return 0;
}
}
