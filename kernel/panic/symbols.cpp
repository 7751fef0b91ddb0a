#include "kernel/panic/symbols.hpp"

#include "kernel/selftest/packed_tests.hpp"
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
[[gnu::weak]] extern const u32 test_symbol_count;
[[gnu::weak]] extern const symbol_table::group test_symbol_groups[];
[[gnu::weak]] extern const u16 test_symbol_starts[];
[[gnu::weak]] extern const u8 test_symbol_names[];
[[gnu::weak]] extern const u16 test_symbol_token_starts[];
[[gnu::weak]] extern const char test_symbol_tokens[];
}

namespace {

bool is_between(uintptr_t address, const char* start, const char* end) {
    return address >= reinterpret_cast<uintptr_t>(start) &&
           address < reinterpret_cast<uintptr_t>(end);
}

bool is_test_text(uintptr_t address) {
    return tests_are_unpacked() && is_between(address, __tests_start, __tests_text_end);
}

// A test is registered with its name. Its lambdas are functions, too, and so may be what
// the compiler split off.
void print_test_name(text_sink& out, uintptr_t start) {
    const auto tests = tests_are_unpacked() ? registered<test_case>()
                                            : std::span<const test_case* const>();
    for (const test_case* const test : tests) {
        if (reinterpret_cast<uintptr_t>(test->body) != start) continue;
        format_to(out, "{}.{}", test->suite, test->name);
        return;
    }
    out.write("(part of a test)");
}

}  // namespace

bool is_kernel_text(uintptr_t address) {
    return is_between(address, __text_start, __text_end) ||
           (is_between(address, __init_begin, __init_text_end) &&
            !init_memory_is_freed()) ||
           is_test_text(address);
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

symbol_table the_test_symbol_table() {
    if (!&test_symbol_count || !tests_are_unpacked()) return {};
    return {.count = test_symbol_count,
            .groups = test_symbol_groups,
            .starts = test_symbol_starts,
            .names = test_symbol_names,
            .token_starts = test_symbol_token_starts,
            .tokens = test_symbol_tokens};
}

std::optional<symbol> find_symbol(uintptr_t address) {
    if (!is_kernel_text(address)) return {};
    const symbol_table table =
        is_test_text(address) ? the_test_symbol_table() : the_symbol_table();
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
