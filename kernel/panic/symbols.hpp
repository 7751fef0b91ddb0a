// Names of the functions in this image, carried along by the second link
// (tools/symbols). lib/symbol.hpp prints by them.
#pragma once

#include "kernel/panic/symbol_table.hpp"

struct symbol {
    text_buffer<120> name;  // of a test "suite.name"
    uintptr_t start;
};

// The function that `address` lies in; nothing outside the kernel's text. That of tests
// is text while they are unpacked (kernel/selftest/packed_tests.hpp).
std::optional<symbol> find_symbol(uintptr_t address);
bool is_kernel_text(uintptr_t address);

// Of this image; empty before the second link.
symbol_table the_symbol_table();
// Packed with the tests, whose functions it has.
symbol_table the_test_symbol_table();
