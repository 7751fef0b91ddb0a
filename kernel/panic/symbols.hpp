// Names of the functions in this image, carried along by the second link
// (tools/symbols). lib/symbol.hpp prints by them.
#pragma once

#include "lib/types.hpp"

#include <optional>
#include <string_view>

struct symbol {
    std::string_view suite;  // of a test; else empty
    std::string_view name;
    uintptr_t start;
};

// The function that `address` lies in; nothing outside the kernel's text.
std::optional<symbol> find_symbol(uintptr_t address);
bool is_kernel_text(uintptr_t address);
