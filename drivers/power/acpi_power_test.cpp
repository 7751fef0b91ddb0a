#include "drivers/power/acpi_power.hpp"

#include "arch/i386/acpi_samples.hpp"

#include <initializer_list>
#include <test.hpp>

namespace {

constexpr u64 base = 0xE0000;
using memory = sample_memory<base, 0x600>;
constexpr u64 rsdt = base, fadt = base + 0x80, dsdt = base + 0x180;

template <size_t N>
std::optional<soft_off_values> parse(const u8 (&bytes)[N]) {
    return parse_soft_off({bytes, N});
}

void put_bytes(memory& m, u64 address, std::initializer_list<int> bytes) {
    for (int byte : bytes) m.put<u8>(address++, static_cast<u8>(byte));
}

// Name(\_S5, Package() { 5, 6, 0, 0 })
constexpr std::initializer_list<int> s5_bytes = {0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04,
                                                 0x0A, 0x05, 0x0A, 0x06, 0x00, 0x00};

void put_machine(memory& m, u32 s5_offset, u32 dsdt_length = 0x400) {
    put_bytes(m, dsdt + s5_offset, s5_bytes);
    m.put_header(dsdt, "DSDT", dsdt_length);
    m.put<u32>(fadt + 40, dsdt);
    m.put<u32>(fadt + 48, 0xB2);
    m.put<u8>(fadt + 52, 0xF1);
    m.put<u32>(fadt + 64, 0x604);
    m.put<u32>(fadt + 112, 1u << 10);
    put_bytes(m, fadt + 116, {1, 8, 0, 1});
    m.put<u64>(fadt + 120, 0xCF9);
    m.put<u8>(fadt + 128, 0x0F);
    m.put_header(fadt, "FACP", 132);
    m.put<u32>(rsdt + 36, fadt);
    m.put_header(rsdt, "RSDT", 40);
}

acpi_power read(memory& m) { return read_acpi_power(m, {rsdt, 0}); }

}  // namespace

TEST(acpi_power, packages_of_real_machines) {
    EXPECT_TRUE(parse({0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00}) ==
                (soft_off_values{0, 0}));
    EXPECT_TRUE(parse({0x12, 0x07, 0x04, 0x0A, 0x05, 0x00, 0x00, 0x00}) ==
                (soft_off_values{5, 0}));
    EXPECT_TRUE(parse({0x12, 0x0A, 0x04, 0x0A, 0x07, 0x0A, 0x07, 0x00, 0x00}) ==
                (soft_off_values{7, 7}));
    EXPECT_TRUE(parse({0x12, 0x40, 0x01, 0x02, 0x01, 0x01}) == (soft_off_values{1, 1}));
    EXPECT_TRUE(parse({0x12, 0x0A, 0x02, 0x0B, 0x05, 0x00, 0x0C, 0x06, 0x00, 0x00, 0x00}) ==
                (soft_off_values{5, 6}));
    // Three bits fit into the register.
    EXPECT_TRUE(parse({0x12, 0x05, 0x02, 0x0A, 0xFD, 0xFF}) == (soft_off_values{5, 7}));
    EXPECT_TRUE(parse({0x12, 0x03, 0x01, 0x0A, 0x05}) == (soft_off_values{5, 0}));
}

TEST(acpi_power, what_is_no_package_of_numbers_is_refused) {
    EXPECT_FALSE(parse_soft_off({}).has_value());
    EXPECT_FALSE(parse({0x11, 0x06, 0x04, 0x00, 0x00}).has_value());
    EXPECT_FALSE(parse({0x12, 0x06, 0x00, 0x00, 0x00}).has_value());
    EXPECT_FALSE(parse({0x12, 0x06, 0x04, 0x70, 0x00}).has_value());
    EXPECT_FALSE(parse({0x12, 0x06, 0x04, 0x00}).has_value());
    EXPECT_FALSE(parse({0x12, 0x06, 0x04, 0x0A}).has_value());
    EXPECT_FALSE(parse({0x12, 0x06, 0x04, 0x0C, 0x05, 0x00}).has_value());
    EXPECT_FALSE(parse({0x12, 0xC6, 0x00}).has_value());
}

TEST(acpi_power, the_tables_of_a_whole_machine) {
    memory m;
    put_machine(m, 0x40);
    const acpi_power power = read(m);
    EXPECT_EQ(power.pm1a_control, 0x604);
    EXPECT_EQ(power.pm1b_control, 0);
    EXPECT_EQ(power.smi_command, 0xB2);
    EXPECT_EQ(power.acpi_enable, 0xF1);
    ASSERT_TRUE(power.can_turn_off);
    EXPECT_TRUE(power.off == (soft_off_values{5, 6}));
    EXPECT_TRUE(power.reset.space == reset_register::io_port);
    EXPECT_EQ(power.reset.address, 0xCF9u);
    EXPECT_EQ(power.reset.value, 0x0F);
}

TEST(acpi_power, the_package_is_found_wherever_it_lies) {
    u32 step = 1;
    for (u32 offset = 36; offset + 14 <= 0x400; offset += step) {
        step = offset > 0x110 && offset < 0x140 ? 1 : 5;  // each at a window's end
        memory m;
        put_machine(m, offset);
        ASSERT_TRUE(read(m).can_turn_off);
    }
}

TEST(acpi_power, a_name_that_is_not_a_definition_is_passed_over) {
    memory m;
    put_machine(m, 0x200);
    m.put<u8>(dsdt + 0x200, 0x5C);
    m.put_header(dsdt, "DSDT", 0x400);
    EXPECT_FALSE(read(m).can_turn_off);
    m.put<u8>(dsdt + 0x1FF, 0x08);  // Name(\_S5 ...
    m.put_header(dsdt, "DSDT", 0x400);
    EXPECT_TRUE(read(m).can_turn_off);
}

TEST(acpi_power, a_package_cut_off_by_the_end_is_none) {
    memory m;
    put_machine(m, 0x100, 0x100 + 10);
    EXPECT_FALSE(read(m).can_turn_off);
    EXPECT_EQ(read(m).pm1a_control, 0x604);
}

TEST(acpi_power, a_broken_dsdt_costs_the_power_switch_only) {
    memory m;
    put_machine(m, 0x40);
    m.put<u8>(dsdt + 0x80, 1);
    const acpi_power power = read(m);
    EXPECT_FALSE(power.can_turn_off);
    EXPECT_TRUE(power.reset.space == reset_register::io_port);
}

TEST(acpi_power, strange_reset_registers_are_none) {
    memory m;
    put_machine(m, 0x40);
    const auto space_with = [&](std::initializer_list<int> generic, u64 address) {
        put_bytes(m, fadt + 116, generic);
        m.put<u64>(fadt + 120, address);
        m.put_header(fadt, "FACP", 132);
        return read(m).reset.space;
    };
    EXPECT_TRUE(space_with({1, 8, 0, 1}, 0x10CF9) == reset_register::none);
    EXPECT_TRUE(space_with({1, 16, 0, 1}, 0xCF9) == reset_register::none);
    EXPECT_TRUE(space_with({0, 8, 0, 1}, 0xCF9) == reset_register::none);
    EXPECT_TRUE(space_with({1, 8, 0, 1}, 0) == reset_register::none);
    EXPECT_TRUE(space_with({2, 8, 0, 1}, 0x0020000000F8) == reset_register::none);
    EXPECT_TRUE(space_with({2, 8, 0, 1}, 0x001F000200F8) == reset_register::pci_config);
    EXPECT_EQ(read(m).reset.address, 0x1F02F8u);
    m.put<u32>(fadt + 112, 0);
    m.put_header(fadt, "FACP", 132);
    EXPECT_TRUE(read(m).reset.space == reset_register::none);
}

TEST(acpi_power, no_table_no_power) {
    memory m;
    const acpi_power power = read(m);
    EXPECT_FALSE(power.can_turn_off);
    EXPECT_EQ(power.pm1a_control, 0);
    put_machine(m, 0x40);
    m.put_header(fadt, "FACP", 100);
    EXPECT_EQ(read(m).pm1a_control, 0);
}
