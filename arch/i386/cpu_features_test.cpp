#include "arch/i386/cpu_features.hpp"

#include <test.hpp>

namespace {

// A CPU made of the answers one gives it.
class fake_cpu final : public cpu_probe {
public:
    bool ac = true, id = true;
    cpuid_answer leaf0{}, leaf1{}, leaf7{}, leaf15{}, leaf16{};
    cpuid_answer ext0{}, ext1{}, ext7{}, ext8{}, host0{};
    mutable unsigned asked = 0;

    bool can_toggle_eflags(u32 bit) const override {
        return bit == EFLAGS_AC ? ac : bit == EFLAGS_ID ? id : false;
    }
    cpuid_answer cpuid(u32 leaf, u32) const override {
        ++asked;
        switch (leaf) {
            case 0: return leaf0;
            case 1: return leaf1;
            case 7: return leaf7;
            case 0x15: return leaf15;
            case 0x16: return leaf16;
            case 0x40000000: return host0;
            case 0x80000000: return ext0;
            case 0x80000001: return ext1;
            case 0x80000007: return ext7;
            case 0x80000008: return ext8;
            default: return {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff};
        }
    }
};

constexpr u32 edx_pse = 1 << 3, edx_tsc = 1 << 4, edx_msr = 1 << 5, edx_pae = 1 << 6,
              edx_cx8 = 1 << 8, edx_apic = 1 << 9, edx_pge = 1 << 13,
              edx_cmov = 1 << 15, edx_pse36 = 1 << 17, edx_fxsr = 1 << 24;

fake_cpu modern() {
    fake_cpu cpu;
    cpu.leaf0 = {7, 0x756e6547, 0x6c65746e, 0x49656e69};  // GenuineIntel
    cpu.leaf1 = {0x000306a9, 0, 0,
                 edx_pse | edx_tsc | edx_msr | edx_pae | edx_cx8 | edx_pge | edx_cmov |
                     edx_pse36 | edx_fxsr};
    cpu.ext0 = {0x80000008, 0, 0, 0};
    cpu.ext1 = {0, 0, 0, 1 << 20};
    cpu.ext8 = {0x3028, 0, 0, 0};
    return cpu;
}

}  // namespace

TEST(cpu_features, a_386_is_refused_and_never_asked) {
    fake_cpu cpu;
    cpu.ac = cpu.id = false;
    const cpu_features f = detect_cpu(cpu);
    EXPECT_TRUE(f.is_386);
    EXPECT_FALSE(f.has_cpuid);
    EXPECT_EQ(cpu.asked, 0u);
    EXPECT_FALSE(decide(f, false).refusal.empty());
    EXPECT_FALSE(decide(f, true).refusal.empty());
}

TEST(cpu_features, a_486_without_cpuid_runs_the_two_level_kernel) {
    fake_cpu cpu;
    cpu.id = false;
    const cpu_features f = detect_cpu(cpu);
    EXPECT_EQ(cpu.asked, 0u);
    EXPECT_EQ(f.family, 4);
    const cpu_decisions d = decide(f, false);
    EXPECT_TRUE(d.refusal.empty());
    EXPECT_FALSE(d.write_cr4);
    EXPECT_FALSE(d.large_pages);
    EXPECT_FALSE(d.global_pages);
    EXPECT_FALSE(d.use_tsc);
    EXPECT_FALSE(d.use_fxsr);
    EXPECT_EQ(d.phys_bits, 32);
    EXPECT_TRUE(decide(f, true).refusal.find("PAE") != std::string_view::npos);
}

TEST(cpu_features, a_486_whose_first_leaf_is_no_limit_is_not_asked_further) {
    fake_cpu cpu;
    cpu.leaf0 = {0x543, 0, 0, 0};
    cpu.leaf1.edx = ~0u;
    const cpu_features f = detect_cpu(cpu);
    EXPECT_TRUE(f.has_cpuid);
    EXPECT_FALSE(f.pse);
    EXPECT_FALSE(f.has_cr4);
}

TEST(cpu_features, a_pentium_has_large_pages_and_a_clock_but_no_pae) {
    fake_cpu cpu;
    cpu.leaf0 = {1, 0x756e6547, 0x6c65746e, 0x49656e69};
    cpu.leaf1 = {0x543, 0, 0, edx_pse | edx_tsc | edx_msr | edx_cx8};
    cpu.ext0 = {1, 2, 3, 4};  // no extended leaves: whatever it says is not believed
    const cpu_features f = detect_cpu(cpu);
    EXPECT_STREQ(f.vendor, "GenuineIntel");
    EXPECT_EQ(f.family, 5);
    const cpu_decisions d = decide(f, false);
    EXPECT_TRUE(d.refusal.empty());
    EXPECT_TRUE(d.large_pages);
    EXPECT_TRUE(d.use_tsc);
    EXPECT_EQ(d.cr4, 1u << 4);
    EXPECT_FALSE(d.global_pages);
    EXPECT_EQ(f.phys_bits, 32);
    EXPECT_FALSE(decide(f, true).refusal.empty());
}

TEST(cpu_features, a_modern_cpu_gets_everything) {
    const cpu_features f = detect_cpu(modern());
    EXPECT_EQ(f.family, 6);
    EXPECT_EQ(f.model, 0x3a);
    EXPECT_EQ(f.phys_bits, 40);
    const cpu_decisions pae = decide(f, true);
    EXPECT_TRUE(pae.refusal.empty());
    EXPECT_TRUE(pae.no_execute);
    EXPECT_TRUE(pae.global_pages);
    EXPECT_EQ(pae.cr4, 1u << 5);
    EXPECT_EQ(pae.phys_bits, 40);
    // Two-level entries hold 32 address bits, whatever the CPU's bus.
    EXPECT_EQ(decide(f, false).phys_bits, 32);
    EXPECT_FALSE(decide(f, false).no_execute);
}

TEST(cpu_features, address_width_is_36_bits_where_no_leaf_tells) {
    fake_cpu cpu = modern();
    cpu.ext0 = {0x80000004, 0, 0, 0};
    EXPECT_EQ(detect_cpu(cpu).phys_bits, 36);
    cpu.leaf1.edx &= ~edx_pse36;  // PAE alone does not widen the bus
    EXPECT_EQ(detect_cpu(cpu).phys_bits, 32);
}

TEST(cpu_features, an_absurd_address_width_is_not_believed) {
    fake_cpu cpu = modern();
    cpu.ext8.eax = 0xff;
    EXPECT_EQ(detect_cpu(cpu).phys_bits, 36);
    cpu.ext8.eax = 0;
    EXPECT_EQ(detect_cpu(cpu).phys_bits, 36);
}

TEST(cpu_features, nx_needs_pae_and_its_msr) {
    fake_cpu cpu = modern();
    EXPECT_TRUE(detect_cpu(cpu).nx);
    cpu.leaf1.edx &= ~edx_msr;
    EXPECT_FALSE(detect_cpu(cpu).nx);
}

TEST(cpu_features, a_pentium_has_an_apic_but_not_its_msr) {
    fake_cpu cpu = modern();
    EXPECT_FALSE(detect_cpu(cpu).apic_base_msr);
    cpu.leaf1.edx |= edx_apic;
    EXPECT_TRUE(detect_cpu(cpu).apic_base_msr);
    cpu.leaf1.eax = 0x543;
    EXPECT_TRUE(detect_cpu(cpu).apic && detect_cpu(cpu).msr);
    EXPECT_FALSE(detect_cpu(cpu).apic_base_msr);
    cpu.leaf1.eax = 0x000306a9;
    cpu.leaf1.edx &= ~edx_msr;
    EXPECT_FALSE(detect_cpu(cpu).apic_base_msr);
}

TEST(cpu_features, the_speed_of_the_tsc_is_as_claimed_where_that_can_be) {
    fake_cpu cpu = modern();
    cpu.leaf15 = {2, 168, 24'000'000, 0};
    cpu.leaf16 = {0xabcd0000 | 2100, 0, 0, 0};
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 0u);  // leaf 7 is its highest
    cpu.leaf0.eax = 0x15;
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 2'016'000u);
    cpu.leaf0.eax = 0x16;
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 2'016'000u);
    cpu.leaf15.ecx = 0;  // the crystal is not told: the base frequency
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 2'100'000u);
    cpu.leaf15 = {0, 0, 24'000'000, 0};
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 2'100'000u);
    cpu.leaf15 = {1, ~0u, ~0u, 0};  // no CPU is that fast
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 2'100'000u);
    cpu.leaf16.eax = 0;
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 0u);
    cpu.leaf16.eax = 2100;
    cpu.leaf1.edx &= ~edx_tsc;
    EXPECT_EQ(detect_cpu(cpu).tsc_khz, 0u);
}

TEST(cpu_features, a_pae_kernel_wants_cmov_too) {
    fake_cpu cpu = modern();
    cpu.leaf1.edx &= ~edx_cmov;
    EXPECT_TRUE(decide(detect_cpu(cpu), true).refusal.find("CMOV") != std::string_view::npos);
    EXPECT_TRUE(decide(detect_cpu(cpu), false).refusal.empty());
}

TEST(cpu_features, flags_are_printed_in_words) {
    text_buffer<300> out;
    print_flags(out, detect_cpu(modern()));
    EXPECT_TRUE(out.view() == "pse tsc msr pae cx8 pge cmov pse36 fxsr nx");
    out.clear();
    print_flags(out, cpu_features());
    EXPECT_TRUE(out.view() == "none");
}

TEST(cpu_features, page_tables_stay_low_where_an_emulator_would_cut_their_addresses) {
    fake_cpu cpu = modern();
    EXPECT_TRUE(decide(detect_cpu(cpu), true).high_page_tables);
    cpu.host0 = {0x40000001, 0x54474354, 0x43544743, 0x47435447};  // TCGTCGTCGTCG
    EXPECT_TRUE(decide(detect_cpu(cpu), true).high_page_tables);  // nobody says it is one
    cpu.leaf1.ecx |= 1u << 31;
    EXPECT_STREQ(detect_cpu(cpu).hypervisor_name, "TCGTCGTCGTCG");
    EXPECT_FALSE(decide(detect_cpu(cpu), true).high_page_tables);
    cpu.ext1.edx |= 1u << 29;
    EXPECT_TRUE(decide(detect_cpu(cpu), true).high_page_tables);
    cpu.ext1.edx = 0;
    cpu.host0.ebx = 0x4b4d564b;  // KVM...
    EXPECT_TRUE(decide(detect_cpu(cpu), true).high_page_tables);
}
