#include "kernel/panic/symbols.hpp"

#include "lib/init.hpp"
#include "lib/symbol.hpp"
#include "lib/test/test_case.hpp"

// Weak: the first link has no table yet.
extern "C" {
extern const char __text_start[], __text_end[];
[[gnu::weak]] extern const u32 symbol_count;
[[gnu::weak]] extern const u32 symbol_addresses[];
[[gnu::weak]] extern const u32 symbol_name_offsets[];
[[gnu::weak]] extern const char symbol_names[];
}

namespace {

bool is_between(uintptr_t address, const char* start, const char* end) {
    return address >= reinterpret_cast<uintptr_t>(start) &&
           address < reinterpret_cast<uintptr_t>(end);
}

// Names lie one after another; where each 16th begins is noted.
std::string_view name_of(u32 index) {
    constexpr u32 names_to_an_offset = 16;
    const char* name = symbol_names + symbol_name_offsets[index / names_to_an_offset];
    for (u32 i = index % names_to_an_offset; i > 0; --i) name += __builtin_strlen(name) + 1;
    return name;
}

// A test is registered with its name.
const test_case* test_at(uintptr_t start) {
    for (const test_case* const test : registered<test_case>())
        if (reinterpret_cast<uintptr_t>(test->body) == start) return test;
    return nullptr;
}

}  // namespace

bool is_kernel_text(uintptr_t address) {
    return is_between(address, __text_start, __text_end) ||
           (is_between(address, __init_begin, __init_text_end) && !init_memory_is_freed());
}

std::optional<symbol> find_symbol(uintptr_t address) {
    if (!is_kernel_text(address) || !&symbol_count) return {};
    // The last function that starts at or below the address.
    u32 low = 0, high = symbol_count;
    while (low < high) {
        const u32 middle = low + (high - low) / 2;
        if (symbol_addresses[middle] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return {};
    const uintptr_t start = symbol_addresses[low - 1];
    symbol found{.suite = {}, .name = name_of(low - 1), .start = start};
    if (const test_case* const test = found.name.empty() ? test_at(start) : nullptr)
        found = {.suite = test->suite, .name = test->name, .start = start};
    return found;
}

void format_value(text_sink& out, const format_spec&, const code_address& code) {
    if (const auto found = find_symbol(code.address))
        format_to(out, "{}{}{}+{:#x}", found->suite, found->suite.empty() ? "" : ".",
                  found->name, code.address - found->start);
    else
        format_to(out, "{:#010x}", code.address);
}
