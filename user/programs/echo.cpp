// What a program is given: its arguments, as the shell made them of a line.
#include "user/lib/calls.hpp"
#include "user/lib/program.hpp"

PROGRAM(echo, "[-n] [WORD]...", "the words, and a line's end unless -n") {
    const bool with_end = !args.take("-n");
    for (int i = 0; i < args.count; i++)
        print("{}{}", args[i], i + 1 < args.count ? " " : "");
    if (with_end) print("\n");
    return 0;
}

PROGRAM(true, "", "ends with status 0") { return 0; }

PROGRAM(false, "", "ends with status 1") { return 1; }
