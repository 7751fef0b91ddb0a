#include "kernel/panic/symbols.hpp"

#include "lib/init.hpp"
#include "lib/symbol.hpp"

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
    return symbol{symbol_names + symbol_name_offsets[low - 1], symbol_addresses[low - 1]};
}

void format_value(text_sink& out, const format_spec&, const code_address& code) {
    if (const auto found = find_symbol(code.address))
        format_to(out, "{}+{:#x}", found->name, code.address - found->start);
    else
        format_to(out, "{:#010x}", code.address);
}
