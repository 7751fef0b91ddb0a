#include "arch/i386/cpu_features.hpp"

#include "arch/i386/control.hpp"

namespace {

constexpr bool bit(u32 word, unsigned index) { return word >> index & 1; }

void copy_text(char* to, const u32* words, unsigned count) {
    for (unsigned i = 0; i < count * 4; ++i) {
        const char c = static_cast<char>(words[i / 4] >> (i % 4 * 8));
        to[i] = c == 0 || (c >= ' ' && c <= '~') ? c : '?';
    }
    to[count * 4] = 0;
}

void read_leaf_1(const cpu_probe& probe, cpu_features& cpu) {
    const cpuid_answer one = probe.cpuid(1, 0);
    cpu.leaf_1_edx = one.edx;
    const u32 base_family = one.eax >> 8 & 0xf;
    cpu.family = static_cast<u8>(base_family == 15 ? 15 + (one.eax >> 20 & 0xff) : base_family);
    const u32 base_model = one.eax >> 4 & 0xf;
    cpu.model = static_cast<u8>(base_family == 6 || base_family == 15
                                    ? base_model | (one.eax >> 12 & 0xf0)
                                    : base_model);
    cpu.stepping = one.eax & 0xf;

    cpu.fpu = bit(one.edx, 0);
    cpu.pse = bit(one.edx, 3);
    cpu.tsc = bit(one.edx, 4);
    cpu.msr = bit(one.edx, 5);
    cpu.pae = bit(one.edx, 6);
    cpu.cx8 = bit(one.edx, 8);
    cpu.apic = bit(one.edx, 9);
    // The first Pentium Pros claim SYSENTER and do not have it (Intel's own advice).
    cpu.sep = bit(one.edx, 11) && !(cpu.family == 6 && cpu.model < 3 && cpu.stepping < 3);
    cpu.pge = bit(one.edx, 13);
    cpu.cmov = bit(one.edx, 15);
    cpu.pse36 = bit(one.edx, 17);
    cpu.clflush = bit(one.edx, 19);
    cpu.fxsr = bit(one.edx, 24);
    cpu.sse = bit(one.edx, 25);
    cpu.sse2 = bit(one.edx, 26);
    cpu.rdrand = bit(one.ecx, 30);
    cpu.hypervisor = bit(one.ecx, 31);
}

// The TSC runs at numerator / denominator of the crystal; where the crystal's speed is
// left out, the TSC has the base frequency (Intel SDM vol. 3, 18.7.3).
u32 claimed_tsc_khz(const cpu_probe& probe, u32 highest) {
    constexpr u64 slowest = 1'000, fastest = 100'000'000;
    const auto plausible = [](u64 khz) {
        return khz > slowest && khz <= fastest ? static_cast<u32>(khz) : 0;
    };
    if (highest >= 0x15) {
        const cpuid_answer ratio = probe.cpuid(0x15, 0);
        const u64 crystal_khz = ratio.ecx / 1000;
        if (ratio.eax && ratio.ebx && crystal_khz)
            if (const u32 khz = plausible(crystal_khz * ratio.ebx / ratio.eax)) return khz;
    }
    return highest >= 0x16 ? plausible(u64{probe.cpuid(0x16, 0).eax & 0xffff} * 1000) : 0;
}

void read_hypervisor(const cpu_probe& probe, cpu_features& cpu) {
    const cpuid_answer name = probe.cpuid(0x40000000, 0);
    const u32 words[] = {name.ebx, name.ecx, name.edx};
    copy_text(cpu.hypervisor_name, words, 3);
}

// QEMU's own emulation of a CPU without long mode (qemu-system-i386, seen in 7.2) cuts the
// addresses of page tables to 32 bits when it walks them.
bool reads_high_page_tables(const cpu_features& cpu) {
    return cpu.long_mode || std::string_view(cpu.hypervisor_name) != "TCGTCGTCGTCG";
}

void read_extended_leaves(const cpu_probe& probe, cpu_features& cpu) {
    const u32 highest = probe.cpuid(0x80000000, 0).eax;
    if (highest < 0x80000000 || highest > 0x8000ffff) return;  // not there: garbage
    if (highest >= 0x80000001) {
        const u32 edx = probe.cpuid(0x80000001, 0).edx;
        cpu.nx = bit(edx, 20);
        cpu.long_mode = bit(edx, 29);
    }
    if (highest >= 0x80000004) {
        u32 words[12];
        for (u32 leaf = 0; leaf < 3; ++leaf) {
            const cpuid_answer part = probe.cpuid(0x80000002 + leaf, 0);
            const u32 four[] = {part.eax, part.ebx, part.ecx, part.edx};
            for (unsigned i = 0; i < 4; ++i) words[leaf * 4 + i] = four[i];
        }
        copy_text(cpu.model_name, words, 12);
    }
    if (highest >= 0x80000007) cpu.invariant_tsc = bit(probe.cpuid(0x80000007, 0).edx, 8);
    if (highest >= 0x80000008) {
        const u32 bits = probe.cpuid(0x80000008, 0).eax & 0xff;
        if (bits >= 32 && bits <= 52) cpu.phys_bits = static_cast<u8>(bits);
    }
}

}  // namespace

cpu_features detect_cpu(const cpu_probe& probe) {
    cpu_features cpu;
    cpu.is_386 = !probe.can_toggle_eflags(EFLAGS_AC);
    cpu.has_cpuid = !cpu.is_386 && probe.can_toggle_eflags(EFLAGS_ID);
    cpu.family = cpu.is_386 ? 3 : 4;
    if (!cpu.has_cpuid) return cpu;

    const cpuid_answer zero = probe.cpuid(0, 0);
    const u32 vendor[] = {zero.ebx, zero.edx, zero.ecx};
    copy_text(cpu.vendor, vendor, 3);
    // A first leaf above any that exists is a 486 stepping that answers with its
    // signature instead of a limit.
    const u32 highest = zero.eax < 0x500 ? zero.eax : 0;

    if (highest >= 1) read_leaf_1(probe, cpu);
    if (highest >= 7) {
        const cpuid_answer seven = probe.cpuid(7, 0);
        cpu.fsgsbase = bit(seven.ebx, 0);
        cpu.smep = bit(seven.ebx, 7);
        cpu.erms = bit(seven.ebx, 9);
        cpu.smap = bit(seven.ebx, 20);
        cpu.umip = bit(seven.ecx, 2);
    }
    if (cpu.tsc) cpu.tsc_khz = claimed_tsc_khz(probe, highest);
    if (cpu.pse36) cpu.phys_bits = 36;
    if (highest >= 1) read_extended_leaves(probe, cpu);
    if (cpu.hypervisor) read_hypervisor(probe, cpu);
    // NX is a bit of 64-bit entries, switched on by an MSR.
    cpu.nx = cpu.nx && cpu.pae && cpu.msr;
    // The Pentium (family 5) has a local APIC and MSRs, but not this one.
    cpu.apic_base_msr = cpu.apic && cpu.msr && cpu.family >= 6;
    cpu.has_cr4 = cpu.pse || cpu.pae || cpu.tsc || cpu.pge || cpu.fxsr;
    return cpu;
}

cpu_decisions decide(const cpu_features& cpu, bool pae_kernel) {
    cpu_decisions d;
    if (cpu.is_386) d.refusal = "Loci needs a 486 or later";
    if (pae_kernel) {
        if (!cpu.pae)
            d.refusal = "this kernel needs a CPU with PAE: use the one built with PAE=0";
        else if (!cpu.cmov || !cpu.cx8)
            d.refusal = "this kernel needs a CPU with CMOV and CMPXCHG8B: use PAE=0";
    }
    d.large_pages = pae_kernel || cpu.pse;  // PAE paging always has its 2 MiB pages
    d.global_pages = cpu.pge;
    d.write_cr4 = cpu.has_cr4;
    d.cr4 = pae_kernel ? 1u << 5 : cpu.pse ? 1u << 4 : 0;
    d.use_tsc = cpu.tsc;
    d.use_fxsr = cpu.fxsr;
    d.no_execute = pae_kernel && cpu.nx;
    d.protections = (cpu.smep ? CR4_SMEP : 0) | (cpu.smap ? CR4_SMAP : 0) |
                    (cpu.umip ? CR4_UMIP : 0);
    d.high_page_tables = reads_high_page_tables(cpu);
    d.phys_bits = pae_kernel ? cpu.phys_bits : 32;
    return d;
}

void print_flags(text_sink& out, const cpu_features& cpu) {
    const struct {
        bool there;
        const char* name;
    } flags[] = {
        {cpu.fpu, "fpu"},         {cpu.pse, "pse"},     {cpu.tsc, "tsc"},
        {cpu.msr, "msr"},         {cpu.pae, "pae"},     {cpu.cx8, "cx8"},
        {cpu.apic, "apic"},       {cpu.sep, "sep"},     {cpu.pge, "pge"},
        {cpu.cmov, "cmov"},       {cpu.pse36, "pse36"}, {cpu.clflush, "clflush"},
        {cpu.fxsr, "fxsr"},       {cpu.sse, "sse"},     {cpu.sse2, "sse2"},
        {cpu.rdrand, "rdrand"},   {cpu.nx, "nx"},       {cpu.smep, "smep"},
        {cpu.smap, "smap"},       {cpu.umip, "umip"},   {cpu.fsgsbase, "fsgsbase"},
        {cpu.erms, "erms"},       {cpu.hypervisor, "hypervisor"},
        {cpu.invariant_tsc, "constant_tsc"},
    };
    bool first = true;
    for (const auto& flag : flags) {
        if (!flag.there) continue;
        if (!first) out.put(' ');
        out.write(flag.name);
        first = false;
    }
    if (first) out.write("none");
}
