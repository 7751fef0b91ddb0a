// Printing, in the kernel's manner:
//
//     print("{} pages at {:08x}, {:>6}\n", n, address, name);
//
//     {}          the value as it is: decimal, text, a character
//     {:SPEC}     SPEC = [<|>] [0] [width] [x|o]    left, right; filled by zeros;
//                 hexadecimal, octal. Numbers stand to the right, text to the left.
//
// One call is one write(), unless it prints more than there is room for.
#pragma once

#include "user/lib/text.hpp"

struct print_argument {
    enum kind : u8 { number, negative, character, text } what;
    u64 value = 0;
    std::string_view string{};

    print_argument(char c) : what(character), value(u8(c)) {}
    print_argument(std::string_view view) : what(text), string(view) {}
    print_argument(const char* pointer) : what(text), string(pointer) {}
    print_argument(char* pointer) : what(text), string(pointer) {}
    print_argument(bool yes) : what(text), string(yes ? "yes" : "no") {}
    print_argument(u32 n) : what(number), value(n) {}
    print_argument(unsigned long n) : what(number), value(n) {}
    print_argument(u64 n) : what(number), value(n) {}
    print_argument(int n) : print_argument(s64{n}) {}
    print_argument(long n) : print_argument(s64{n}) {}
    print_argument(s64 n)
        : what(n < 0 ? negative : number), value(n < 0 ? -u64(n) : u64(n)) {}
    // An address.
    template <class T>
    print_argument(T* pointer) : what(number), value(u32(pointer)) {}
};

struct print_arguments {
    const print_argument* first;
    size_t count;
};

void print_to(int fd, std::string_view format, print_arguments arguments);
// Into a buffer, cut off at its end and closed by a zero. The length.
size_t format_into(char* buffer, size_t size, std::string_view format,
                   print_arguments arguments);

template <class... T>
void print(int fd, std::string_view format, const T&... values) {
    const print_argument all[] = {values..., print_argument{0}};
    print_to(fd, format, {all, sizeof...(values)});
}
template <class... T>
void print(std::string_view format, const T&... values) {
    print(1, format, values...);
}
template <size_t N, class... T>
std::string_view format_in(char (&buffer)[N], std::string_view format, const T&... values) {
    const print_argument all[] = {values..., print_argument{0}};
    return {buffer, format_into(buffer, N, format, {all, sizeof...(values)})};
}

// "NAME: TEXT: what the errno means" on standard error. `error` as a call answers:
// negative.
void complain(std::string_view who, std::string_view about, int error);
// An errno in words.
std::string_view error_text(int error);
