// The functions that a compiler calls by itself, whatever it is told. By string
// instructions, since it takes a loop for a call of the function that the loop is in.
#include "user/lib/types.hpp"

extern "C" {

void* memcpy(void* to, const void* from, size_t size) {
    void* const result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return result;
}

void* memmove(void* to, const void* from, size_t size) {
    if (to <= from || size == 0) return memcpy(to, from, size);
    const void* source = static_cast<const char*>(from) + size - 1;
    void* target = static_cast<char*>(to) + size - 1;
    asm volatile("std; rep movsb; cld"
                 : "+D"(target), "+S"(source), "+c"(size)
                 :
                 : "memory");
    return to;
}

void* memset(void* to, int byte, size_t size) {
    void* const result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return result;
}

int memcmp(const void* a, const void* b, size_t size) {
    const u8* const left = static_cast<const u8*>(a);
    const u8* const right = static_cast<const u8*>(b);
    for (size_t i = 0; i < size; i++)
        if (left[i] != right[i]) return left[i] - right[i];
    return 0;
}

size_t strlen(const char* text) {
    const char* end = text;
    size_t left = ~size_t{0};
    asm volatile("repne scasb" : "+D"(end), "+c"(left) : "a"(0) : "memory", "cc");
    return size_t(end - text) - 1;
}

}  // extern "C"
