#include "arch/i386/acpi_madt.hpp"

#include "arch/i386/acpi_samples.hpp"

#include <test.hpp>

namespace {

constexpr u64 base = 0x7000;
using memory = sample_memory<base, 0x200>;

// Builds a MADT entry by entry.
struct madt_builder {
    memory m;
    u32 length = 44;

    madt_builder() {
        m.put<u32>(base + 36, 0xFEE00000);
        m.put<u32>(base + 40, 1);
    }
    u64 entry(u8 type, u8 size) {
        const u64 address = base + length;
        m.put<u8>(address, type);
        m.put<u8>(address + 1, size);
        length += size;
        return address;
    }
    void cpu(u8 apic_id, u32 flags) {
        const u64 e = entry(0, 8);
        m.put<u8>(e + 3, apic_id);
        m.put<u32>(e + 4, flags);
    }
    void io_apic(u8 id, u32 address, u32 gsi_base) {
        const u64 e = entry(1, 12);
        m.put<u8>(e + 2, id);
        m.put<u32>(e + 4, address);
        m.put<u32>(e + 8, gsi_base);
    }
    void override_irq(u8 irq, u32 gsi, u16 flags, u8 bus = 0) {
        const u64 e = entry(2, 10);
        m.put<u8>(e + 2, bus);
        m.put<u8>(e + 3, irq);
        m.put<u32>(e + 4, gsi);
        m.put<u16>(e + 8, flags);
    }
    const char* read(interrupt_topology& t) { return read_madt(m, {base, length, 1}, t); }
};

// What QEMU's pc and q35 say.
void put_qemu_like(madt_builder& b) {
    b.cpu(0, 1);
    b.cpu(1, 1);
    b.cpu(2, 0);
    b.io_apic(0, 0xFEC00000, 0);
    b.override_irq(0, 2, 0);
    for (u8 irq : {5, 9, 10, 11}) b.override_irq(irq, irq, 0x000D);
    b.m.put<u8>(b.entry(4, 6) + 2, 0xFF);  // an LAPIC NMI: passed over
}

}  // namespace

TEST(acpi_madt, reads_a_common_machine) {
    madt_builder b;
    put_qemu_like(b);
    interrupt_topology t;
    ASSERT_TRUE(b.read(t) == nullptr);
    EXPECT_EQ(t.lapic_address, 0xFEE00000u);
    EXPECT_TRUE(t.has_8259);
    ASSERT_EQ(t.io_apics.count, 1u);
    EXPECT_EQ(t.io_apics.items[0].address, 0xFEC00000u);
    EXPECT_EQ(t.cpu_apic_ids.count, 2u);
    EXPECT_EQ(t.cpu_apic_ids.items[1], 1);
    EXPECT_EQ(t.overrides.count, 5u);
}

TEST(acpi_madt, routes_follow_the_overrides) {
    madt_builder b;
    put_qemu_like(b);
    interrupt_topology t;
    ASSERT_TRUE(b.read(t) == nullptr);
    EXPECT_TRUE(route_isa_irq(t, 0) == (isa_route{2, false, false}));
    EXPECT_TRUE(route_isa_irq(t, 1) == (isa_route{1, false, false}));
    EXPECT_FALSE(route_isa_irq(t, 2).has_value());
    EXPECT_TRUE(route_isa_irq(t, 9) == (isa_route{9, false, true}));
}

TEST(acpi_madt, polarity_and_trigger_are_two_bits_each) {
    madt_builder b;
    b.io_apic(0, 0xFEC00000, 0);
    b.override_irq(3, 3, 0x0003);   // low, trigger as the bus
    b.override_irq(4, 20, 0x000F);  // low, level
    b.override_irq(5, 5, 0x0005);   // high, edge
    b.override_irq(6, 6, 0x000A);   // reserved values
    b.override_irq(3, 19, 0x000F);  // a second word about line 3
    b.override_irq(7, 22, 0, 1);    // of another bus
    b.override_irq(16, 22, 0);      // no ISA line
    interrupt_topology t;
    ASSERT_TRUE(b.read(t) == nullptr);
    EXPECT_TRUE(route_isa_irq(t, 3) == (isa_route{3, true, false}));
    EXPECT_TRUE(route_isa_irq(t, 4) == (isa_route{20, true, true}));
    EXPECT_TRUE(route_isa_irq(t, 5) == (isa_route{5, false, false}));
    EXPECT_TRUE(route_isa_irq(t, 6) == (isa_route{6, false, false}));
    EXPECT_TRUE(route_isa_irq(t, 7) == (isa_route{7, false, false}));
    EXPECT_EQ(t.overrides.count, 4u);
}

TEST(acpi_madt, the_64_bit_local_apic_address_wins) {
    madt_builder b;
    b.io_apic(0, 0xFEC00000, 0);
    b.m.put<u64>(b.entry(5, 12) + 4, 0x1FEE00000);
    interrupt_topology t;
    ASSERT_TRUE(b.read(t) == nullptr);
    EXPECT_EQ(t.lapic_address, 0x1FEE00000u);
}

TEST(acpi_madt, a_cpu_listed_twice_is_one) {
    madt_builder b;
    b.io_apic(0, 0xFEC00000, 0);
    b.cpu(3, 1);
    const u64 e = b.entry(9, 16);
    b.m.put<u32>(e + 4, 3);
    b.m.put<u32>(e + 8, 1);
    const u64 far = b.entry(9, 16);
    b.m.put<u32>(far + 4, 300);
    b.m.put<u32>(far + 8, 1);
    interrupt_topology t;
    ASSERT_TRUE(b.read(t) == nullptr);
    EXPECT_EQ(t.cpu_apic_ids.count, 1u);
}

TEST(acpi_madt, more_than_fits_is_cut_off) {
    madt_builder b;
    for (u8 i = 0; i < 20; ++i) b.io_apic(i, 0xFEC00000 + i * 0x1000u, i * 24u);
    interrupt_topology t;
    ASSERT_TRUE(b.read(t) == nullptr);
    EXPECT_EQ(t.io_apics.count, 8u);
}

TEST(acpi_madt, a_table_without_apics_is_refused) {
    interrupt_topology t;
    madt_builder none;
    EXPECT_FALSE(none.read(t) == nullptr);
    madt_builder no_lapic;
    no_lapic.io_apic(0, 0xFEC00000, 0);
    no_lapic.m.put<u32>(base + 36, 0);
    EXPECT_FALSE(no_lapic.read(t) == nullptr);
    no_lapic.m.put<u32>(base + 36, 0xFEE00123);
    EXPECT_FALSE(no_lapic.read(t) == nullptr);
}

TEST(acpi_madt, malformed_entries_are_refused) {
    interrupt_topology t;
    for (u8 size : {0, 1, 11, 200}) {
        madt_builder b;
        b.io_apic(0, 0xFEC00000, 0);
        b.m.put<u8>(base + 45, size);
        EXPECT_FALSE(b.read(t) == nullptr);
    }
    for (u8 size : {0, 1}) {  // of a type that is passed over: no step forward
        madt_builder b;
        b.io_apic(0, 0xFEC00000, 0);
        b.m.put<u8>(b.entry(0x80, 8) + 1, size);
        EXPECT_FALSE(b.read(t) == nullptr);
    }
    madt_builder trailing;
    trailing.io_apic(0, 0xFEC00000, 0);
    trailing.length += 1;
    EXPECT_FALSE(trailing.read(t) == nullptr);
    madt_builder beyond;  // the table is longer than memory
    beyond.io_apic(0, 0xFEC00000, 0);
    for (beyond.length = 56; beyond.length < 0x200;) beyond.entry(0x80, 12);
    beyond.length += 12;
    EXPECT_FALSE(beyond.read(t) == nullptr);
    EXPECT_FALSE(read_madt(beyond.m, {base, 43, 1}, t) == nullptr);
}
