// What Linux's memory management does for a program, shown by programs that look:
//
//     DEMONSTRATION(zero_copy, "zero-copy", "F5", "what is shown, in one line") {
//         print("what is done\n");
//         see(it_is_so, "what must be so");
//     }
//
// Each line of see() is checked: the demonstration fails where one is not so.
#pragma once

#include "user/lib/calls.hpp"
#include "user/lib/print.hpp"

struct demonstration {
    const char* name;
    const char* row;  // of the list of what Loci shows
    const char* help;
    void (*run)();
};

#define DEMONSTRATION(id, name, row, help)                                     \
    static void id##_demo();                                                   \
    [[gnu::used, gnu::section("demonstrations")]] static const demonstration   \
        id##_demonstration = {name, row, help, id##_demo};                     \
    static void id##_demo()

// Prints "  yes  WHAT", or "  NO   WHAT", which is a failure.
void see_text(bool is_so, std::string_view what);
template <class... T>
bool see(bool is_so, std::string_view what, const T&... values) {
    char text[160];
    see_text(is_so, format_in(text, what, values...));
    return is_so;
}

// What the page table says of an address, out of /proc/self/pagemap.
struct seen_page {
    bool present = false;
    bool of_file = false;  // or of shared memory
    u64 frame = 0;         // 0: it is not shown to this user
};
seen_page look_at(u32 address);

// How many areas of this process lie in a range, and the rights of each: "rw-p r--p".
u32 areas_in(u32 begin, u32 end, char* rights, size_t size);

// Page faults of this process so far that read no disk.
u32 faults_so_far();

// Runs it in a child. How that ended, as wait4() says.
u32 in_child(void (*run)(void*), void* argument);

// A word of memory, read or written here and now.
inline u32 peek(u32 address) { return *reinterpret_cast<volatile u32*>(address); }
inline void poke(u32 address, u32 value) {
    *reinterpret_cast<volatile u32*>(address) = value;
}
// New pages that nobody touched.
u32 anonymous(u32 pages, u32 protection = PROT_READ | PROT_WRITE, u32 flags = MAP_PRIVATE);
