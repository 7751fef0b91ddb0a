// Names of the functions in this image, carried along by the second link
// (tools/symbols). Prints as "buddy_free+0x1c", or as a bare address.
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

#include <optional>
#include <string_view>

struct symbol {
    std::string_view name;
    uintptr_t start;
};

// The function that `address` lies in; nothing outside the kernel's text.
std::optional<symbol> find_symbol(uintptr_t address);
bool is_kernel_text(uintptr_t address);

// For format strings: format_to(out, "{}", code_address{eip}).
struct code_address {
    uintptr_t value;
};
void format_value(text_sink& out, const format_spec& spec, const code_address& address);
