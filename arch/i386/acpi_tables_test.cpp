#include "arch/i386/acpi_tables.hpp"

#include "arch/i386/acpi_samples.hpp"

#include <test.hpp>

namespace {

// The last KiB of the BIOS area.
constexpr u64 base = 0xFFC00;
using memory = sample_memory<base, 0x400>;

constexpr u64 rsdt = base + 0x100, xsdt = base + 0x180, table = base + 0x200;

void put_lists(memory& m) {
    m.put<u32>(rsdt + 36, table);
    m.put_header(rsdt, "RSDT", 40);
    m.put<u64>(xsdt + 36, 0);
    m.put<u64>(xsdt + 44, table);
    m.put_header(xsdt, "XSDT", 52);
    m.put_header(table, "APIC", 60);
}

}  // namespace

TEST(acpi, an_old_root_has_an_rsdt_only) {
    memory m;
    m.put_rsdp(base, 0x1234, 0x5678, 0);
    const auto root = parse_rsdp({m.bytes, 20});
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->rsdt, 0x1234u);
    EXPECT_EQ(root->xsdt, 0u);
}

TEST(acpi, a_new_root_has_both) {
    memory m;
    m.put_rsdp(base, 0x1234, 0x500005678, 2);
    const auto root = parse_rsdp({m.bytes, 36});
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->rsdt, 0x1234u);
    EXPECT_EQ(root->xsdt, 0x500005678u);
}

TEST(acpi, a_root_with_a_bad_second_half_keeps_its_first) {
    memory m;
    m.put_rsdp(base, 0x1234, 0x5678, 2);
    ++m.bytes[25];
    const auto root = parse_rsdp({m.bytes, 36});
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->rsdt, 0x1234u);
    EXPECT_EQ(root->xsdt, 0u);
}

TEST(acpi, a_bad_root_is_none) {
    memory m;
    m.put_rsdp(base, 0x1234, 0, 0);
    EXPECT_FALSE(parse_rsdp({m.bytes, 19}).has_value());
    EXPECT_FALSE(parse_rsdp({}).has_value());
    ++m.bytes[16];
    EXPECT_FALSE(parse_rsdp({m.bytes, 20}).has_value());
    m.put_rsdp(base, 0, 0, 0);
    EXPECT_FALSE(parse_rsdp({m.bytes, 20}).has_value());
}

TEST(acpi, the_root_is_searched_in_the_bios_area) {
    memory m;
    m.put_rsdp(base + 0x1F0, 0x1234, 0, 0);  // across the end of a window
    const auto root = find_acpi_root(m, {});
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->rsdt, 0x1234u);
}

TEST(acpi, the_search_goes_on_behind_a_bad_root) {
    memory m;
    m.put_text(base, "RSD PTR ");
    m.put_rsdp(base + 0x3E0, 0x1234, 0, 0);  // the last place where one fits
    const auto root = find_acpi_root(m, {});
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->rsdt, 0x1234u);
}

TEST(acpi, the_loaders_copy_comes_first) {
    memory m, loader;
    m.put_rsdp(base, 0x1111, 0, 0);
    loader.put_rsdp(base, 0x2222, 0, 0);
    EXPECT_EQ(find_acpi_root(m, {loader.bytes, 20})->rsdt, 0x2222u);
    ++loader.bytes[12];
    EXPECT_EQ(find_acpi_root(m, {loader.bytes, 20})->rsdt, 0x1111u);
}

TEST(acpi, tables_are_found_through_either_list) {
    memory m;
    put_lists(m);
    EXPECT_EQ(find_acpi_table(m, {rsdt, 0}, "APIC")->address, table);
    EXPECT_EQ(find_acpi_table(m, {0, xsdt}, "APIC")->address, table);
    EXPECT_EQ(find_acpi_table(m, {rsdt, xsdt}, "APIC")->length, 60u);
    EXPECT_FALSE(find_acpi_table(m, {rsdt, xsdt}, "FACP").has_value());
}

TEST(acpi, a_broken_xsdt_leaves_the_rsdt) {
    memory m;
    put_lists(m);
    ++*m.at(xsdt + 44);
    EXPECT_FALSE(find_acpi_table(m, {0, xsdt}, "APIC").has_value());
    EXPECT_EQ(find_acpi_table(m, {rsdt, xsdt}, "APIC")->address, table);
}

TEST(acpi, lying_tables_are_refused) {
    memory m;
    put_lists(m);
    ++*m.at(table + 59);
    EXPECT_FALSE(check_acpi_table(m, table, "APIC").has_value());
    m.put_header(table, "APIC", 60);
    EXPECT_TRUE(check_acpi_table(m, table, "APIC").has_value());
    for (u32 length : {0u, 35u, 0x10000000u, 0xFFFFFFFFu, 0x300u}) {
        m.put<u32>(table + 4, length);
        EXPECT_FALSE(check_acpi_table(m, table, "APIC").has_value());
    }
    EXPECT_FALSE(check_acpi_table(m, ~u64{0} - 8, "APIC").has_value());
    EXPECT_FALSE(check_acpi_table(m, 0, "APIC").has_value());
}

TEST(acpi, a_list_that_names_itself_ends) {
    memory m;
    m.put<u32>(rsdt + 36, rsdt);
    m.put_header(rsdt, "RSDT", 40);
    EXPECT_FALSE(find_acpi_table(m, {rsdt, 0}, "APIC").has_value());
    EXPECT_EQ(find_acpi_table(m, {rsdt, 0}, "RSDT")->address, rsdt);
}
