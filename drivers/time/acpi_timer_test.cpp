#include "drivers/time/acpi_timer.hpp"

#include "arch/i386/acpi_samples.hpp"

#include <test.hpp>

namespace {

constexpr u64 rsdt = 0xE0000, fadt = rsdt + 0x80;
using memory = sample_memory<rsdt, 0x200>;

// The memory of a machine whose FADT is `length` long, to be written into first.
std::optional<acpi_timer> find(memory& m, u32 length) {
    m.put_header(fadt, "FACP", length);
    m.put<u32>(rsdt + 36, fadt);
    m.put_header(rsdt, "RSDT", 40);
    return find_acpi_timer(m, {rsdt, 0});
}

void put_old_block(memory& m, u32 port, u8 length = 4) {
    m.put<u32>(fadt + 76, port);
    m.put<u8>(fadt + 91, length);
}

void put_generic_block(memory& m, u8 space, u64 port) {
    m.put<u8>(fadt + 208, space);
    m.put<u64>(fadt + 212, port);
}

}  // namespace

TEST(acpi_timer, is_where_the_fadt_says) {
    memory m;
    put_old_block(m, 0x608);
    EXPECT_TRUE(find(m, 116) == acpi_timer{0x608});
}

TEST(acpi_timer, the_generic_address_serves_where_the_old_one_is_empty) {
    memory m;
    put_generic_block(m, 1, 0x1808);
    EXPECT_TRUE(find(m, 244) == acpi_timer{0x1808});
    EXPECT_FALSE(find(m, 208).has_value());  // too short to have it
    put_old_block(m, 0x608);
    EXPECT_TRUE(find(m, 244) == acpi_timer{0x608});
}

TEST(acpi_timer, what_is_no_port_is_refused) {
    memory m;
    EXPECT_FALSE(find(m, 244).has_value());
    put_old_block(m, 0x10608);
    EXPECT_FALSE(find(m, 244).has_value());
    put_old_block(m, 0x608, 0);
    EXPECT_FALSE(find(m, 244).has_value());
    put_generic_block(m, 0, 0x1808);  // in memory
    EXPECT_FALSE(find(m, 244).has_value());
    put_generic_block(m, 1, u64{1} << 32);
    EXPECT_FALSE(find(m, 244).has_value());
}

TEST(acpi_timer, hardware_reduced_machines_have_none) {
    memory m;
    put_old_block(m, 0x608);
    m.put<u32>(fadt + 112, 1u << 20);
    EXPECT_FALSE(find(m, 244).has_value());
}

TEST(acpi_timer, no_table_no_timer) {
    memory m;
    put_old_block(m, 0x608);
    EXPECT_FALSE(find(m, 100).has_value());
    EXPECT_FALSE(find_acpi_timer(m, {}).has_value());
}
