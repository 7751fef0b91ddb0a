// The tests' code and constants, which the image carries packed: most kernels run no
// test, and theirs would be more than half of the image.
//
//     image    | kernel | .data, .bss | gzip |
//                            ^            | unpacked_tests
//                            |            v
//     0xFF000000     variables      | .tests.text | .tests.rodata |   vmalloc space
//                                     execute       read
//
// They are linked to where they run (linker.ld), in a part of vmalloc space that nobody
// else gets. While an unpacked_tests lives, pages are there, from high memory where there
// is some, with what was packed in them; otherwise none, and to touch them is a fault.
//
// I1: nothing but the runner, and names of code, refers to what is packed, and those ask
//     tests_are_unpacked() first. tools/check-tests proves the rest at each link.
// I2: the pages are written before they may be executed, and never afterwards.
//
// The registries of tests and of what tests conserve are in there, too, and the table of
// their functions' names.
#pragma once

#include "lib/types.hpp"

extern "C" const char __tests_start[], __tests_text_end[], __tests_end[];

// Before there is vmalloc: the addresses are the tests'.
void reserve_tests_addresses();

bool tests_are_unpacked();

// One may live inside another.
class unpacked_tests {
public:
    unpacked_tests();
    ~unpacked_tests();
    unpacked_tests(const unpacked_tests&) = delete;
    unpacked_tests& operator=(const unpacked_tests&) = delete;

    // Why they are not there; null: they are.
    const char* problem() const { return problem_; }

private:
    const char* problem_;
};
