// One file holds many programs, because each would bring its own copy of what they share:
// /bin/tools, which runs the one that it is called by the name of. A program is
//
//     PROGRAM(cat, "[FILE]...", "files, one after another") {
//         ... args ...
//         return 0;
//     }
//
// The linker collects them; the archive gives the file all of their names.
#pragma once

#include "user/lib/print.hpp"

struct arguments {
    int count;     // without the name
    char** first;  // first[-1] is the name; a null pointer behind the last

    const char* operator[](int i) const { return i < count ? first[i] : ""; }
    std::string_view name() const { return base_name(first[-1]); }
    bool has(int i) const { return i < count; }
    // Without the first one, which becomes the name.
    arguments rest() const { return {count - 1, first + 1}; }
    // Takes "-x" off, if that stands first.
    bool take(std::string_view option) {
        if (count == 0 || option != first[0]) return false;
        *this = rest();
        return true;
    }
};

struct program {
    const char* name;
    const char* usage;  // what may follow the name
    const char* help;   // in one line: what one gets
    int (*run)(arguments);
};

// Says how the program of that name is called. 2, to be returned.
int wrong_usage(std::string_view name);

#define PROGRAM(id, usage, help)                                                \
    static int id##_main(arguments);                                            \
    [[gnu::used, gnu::section("programs")]] static const program id##_program = \
        {#id, usage, help, id##_main};                                          \
    static int id##_main([[maybe_unused]] arguments args)
