#include "kernel/panic/symbols.hpp"

#include "lib/init.hpp"
#include "lib/symbol.hpp"
#include "lib/test/test_case.hpp"

// Weak: the first link has no table yet.
extern "C" {
extern const char __text_start[], __text_end[];
[[gnu::weak]] extern const u32 symbol_count;
[[gnu::weak]] extern const symbol_table::group symbol_groups[];
[[gnu::weak]] extern const u16 symbol_starts[];
[[gnu::weak]] extern const u8 symbol_names[];
[[gnu::weak]] extern const u16 symbol_token_starts[];
[[gnu::weak]] extern const char symbol_tokens[];
}

namespace {

bool is_between(uintptr_t address, const char* start, const char* end) {
    return address >= reinterpret_cast<uintptr_t>(start) &&
           address < reinterpret_cast<uintptr_t>(end);
}

// A test is registered with its name. Its lambdas are functions, too, and so may be what
// the compiler split off.
void print_test_name(text_sink& out, uintptr_t start) {
    for (const test_case* const test : registered<test_case>()) {
        if (reinterpret_cast<uintptr_t>(test->body) != start) continue;
        format_to(out, "{}.{}", test->suite, test->name);
        return;
    }
    out.write("(part of a test)");
}

}  // namespace

bool is_kernel_text(uintptr_t address) {
    return is_between(address, __text_start, __text_end) ||
           (is_between(address, __init_begin, __init_text_end) && !init_memory_is_freed());
}

symbol_table the_symbol_table() {
    if (!&symbol_count) return {};
    return {.count = symbol_count,
            .groups = symbol_groups,
            .starts = symbol_starts,
            .names = symbol_names,
            .token_starts = symbol_token_starts,
            .tokens = symbol_tokens};
}

std::optional<symbol> find_symbol(uintptr_t address) {
    if (!is_kernel_text(address)) return {};
    const symbol_table table = the_symbol_table();
    const auto index = table.find(address);
    if (!index) return {};
    symbol found{.name = {}, .start = table.start(*index)};
    table.print_name(found.name, *index);
    if (found.name.view().empty()) print_test_name(found.name, found.start);
    return found;
}

void format_value(text_sink& out, const format_spec&, const code_address& code) {
    if (const auto found = find_symbol(code.address))
        format_to(out, "{}+{:#x}", found->name.view(), code.address - found->start);
    else
        format_to(out, "{:#010x}", code.address);
}
