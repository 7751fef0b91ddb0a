#include "kernel/panic/backtrace.hpp"
#include "kernel/panic/symbols.hpp"
#include "lib/symbol.hpp"

#include <test.hpp>

namespace {

struct words_for_code {
    u32 vector;
    u32 code;
    const char* words;
};

constexpr words_for_code table[] = {
    {TRAP_PAGE_FAULT, 0, "read of a page that is not present, from ring 0"},
    {TRAP_PAGE_FAULT, 1, "read of a page whose rights forbid it, from ring 0"},
    {TRAP_PAGE_FAULT, 2, "write to a page that is not present, from ring 0"},
    {TRAP_PAGE_FAULT, 3, "write to a page whose rights forbid it, from ring 0"},
    {TRAP_PAGE_FAULT, 4, "read of a page that is not present, from ring 3"},
    {TRAP_PAGE_FAULT, 7, "write to a page whose rights forbid it, from ring 3"},
    {TRAP_PAGE_FAULT, 9, "read of an entry with a reserved bit set, from ring 0"},
    {TRAP_PAGE_FAULT, 21, "execution of a page whose rights forbid it, from ring 3"},
    {TRAP_GENERAL_PROTECTION, 0, "no selector involved"},
    {TRAP_GENERAL_PROTECTION, 0x68, "GDT entry 13 (a segment)"},
    {TRAP_GENERAL_PROTECTION, 0x72, "IDT entry 14 (page fault)"},
    {TRAP_SEGMENT_NOT_PRESENT, 0x0c, "LDT entry 1 (a segment)"},
    {TRAP_INVALID_TSS, 0x81, "GDT entry 16 (a segment), while delivering an event"},
    {TRAP_DIVIDE, 0, "no error code"},
};

}  // namespace

TEST(backtrace, error_codes_are_put_in_words) {
    for (const words_for_code& row : table) {
        trap_frame frame{};
        frame.vector = row.vector;
        frame.error_code = row.code;
        frame.eip = 0xc0123456;  // never what CR2 holds
        text_buffer<100> out;
        print_error_code(out, frame);
        EXPECT_TRUE(out.view() == row.words);
    }
}

TEST(backtrace, knows_its_callers_by_name) {
    text_buffer<2000> out;
    print_backtrace_here(out);
    EXPECT_TRUE(out.view().find("run_selftests+0x") != std::string_view::npos);
}

TEST(backtrace, stops_at_a_chain_that_leads_nowhere) {
    text_buffer<400> out;
    print_backtrace(out, 0, 0x1000);  // not mapped
    print_backtrace(out, 0, 0xc0100001);  // not aligned
    u32 frames[4] = {0, 0, 0, 0};
    frames[0] = reinterpret_cast<uintptr_t>(frames);  // its own caller
    frames[1] = 0x12345678;                           // no kernel text
    print_backtrace(out, 0, reinterpret_cast<uintptr_t>(frames));
    EXPECT_TRUE(out.view() == "  0x12345678  not kernel text\n");
}

TEST(symbols, finds_the_function_that_an_address_lies_in) {
    const auto address = reinterpret_cast<uintptr_t>(&print_backtrace_here);
    const auto found = find_symbol(address + 1);
    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(found->name.view() == "print_backtrace_here");
    EXPECT_EQ(found->start, address);
    EXPECT_FALSE(find_symbol(0).has_value());
    EXPECT_FALSE(find_symbol(0xffffffff).has_value());
}

// Counts those without a name.
static u32 check_names(const symbol_table& table) {
    u32 last = 0, nameless = 0, odd = 0;
    for (u32 i = 0; i < table.count; ++i) {
        odd += table.start(i) <= last;
        last = table.start(i);
        text_buffer<60> name;
        table.print_name(name, i);
        nameless += name.view().empty();
        for (const char c : name.view()) odd += c < ' ' || c > '~';
        odd += name.truncated();
    }
    EXPECT_EQ(odd, 0u);
    return nameless;
}

TEST(symbols, every_function_but_tests_has_a_name) {
    constexpr u32 in_the_kernel = 4;  // selftest.cpp's
    EXPECT_GE(check_names(the_symbol_table()), in_the_kernel);
    EXPECT_LE(check_names(the_symbol_table()), 2 * in_the_kernel);
    EXPECT_GT(the_symbol_table().count, 1000u);
    const u32 nameless = check_names(the_test_symbol_table());
    EXPECT_GE(nameless, registered<test_case>().size() - in_the_kernel);
    EXPECT_GT(the_test_symbol_table().count, nameless);
}

TEST(symbols, tests_are_called_by_suite_and_name) {
    const test_case& test = **registered<test_case>().begin();
    text_buffer<120> expected;
    format_to(expected, "{}.{}+0x1", test.suite, test.name);
    text_buffer<120> out;
    format_to(out, "{}", code_address{reinterpret_cast<uintptr_t>(test.body) + 1});
    EXPECT_TRUE(out.view() == expected.view());
    const auto lambda = [] {};
    void (*const part)() = lambda;
    out.clear();
    format_to(out, "{}", code_address{reinterpret_cast<uintptr_t>(part)});
    EXPECT_TRUE(out.view() == "(part of a test)+0x0");
}

TEST(symbols, code_addresses_print_as_what_they_are) {
    const auto address = reinterpret_cast<uintptr_t>(&print_backtrace_here);
    text_buffer<100> out;
    format_to(out, "{} {}", code_address{address + 2}, code_address{0x1234});
    EXPECT_TRUE(out.view() == "print_backtrace_here+0x2 0x00001234");
}
