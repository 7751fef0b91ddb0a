// The memory and string functions that the compiler may call by itself. The kernel's
// are in lib/freestanding/string.cpp, the host has its C library's; declared as that
// declares them, so that both headers may meet.
#pragma once

#include "lib/types.hpp"

extern "C" {
void* memcpy(void* to, const void* from, size_t n) noexcept;
void* memmove(void* to, const void* from, size_t n) noexcept;
void* memset(void* to, int byte, size_t n) noexcept;
int memcmp(const void* a, const void* b, size_t n) noexcept;
size_t strlen(const char* text) noexcept;
int strcmp(const char* a, const char* b) noexcept;
int strncmp(const char* a, const char* b, size_t n) noexcept;
}
