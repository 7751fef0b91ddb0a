// What this CPU can do, and what follows for the kernel.
//
// Three steps, kept apart so that a host test can play any CPU there ever was:
//
//     cpu_probe      asks the hardware (or answers like a 486 in a test)
//     detect_cpu     turns the answers into cpu_features, believing them only
//                    as far as the CPU's own limits allow
//     decide         turns features into what the kernel will use, or into a
//                    refusal that says what is missing
//
// Nothing later in the kernel executes CPUID; it asks boot_cpu().
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

#include <array>
#include <optional>
#include <string_view>

struct cpuid_answer {
    u32 eax, ebx, ecx, edx;
};

// The questions one can put to a CPU.
class cpu_probe {
public:
    virtual bool can_toggle_eflags(u32 bit) const = 0;
    virtual cpuid_answer cpuid(u32 leaf, u32 subleaf) const = 0;

protected:
    ~cpu_probe() = default;
};

inline constexpr u32 EFLAGS_AC = 1u << 18;  // from the 486 on
inline constexpr u32 EFLAGS_ID = 1u << 21;  // where CPUID is

struct cpu_features {
    bool is_386 = false;
    bool has_cpuid = false;
    char vendor[13] = {};
    char model_name[49] = {};
    u8 family = 0, model = 0, stepping = 0;

    // CPUID leaf 1
    bool fpu = false, pse = false, tsc = false, msr = false, pae = false, cx8 = false,
         apic = false, sep = false, pge = false, cmov = false, pse36 = false, clflush = false,
         fxsr = false, sse = false, sse2 = false, rdrand = false, hypervisor = false;
    u32 leaf_1_edx = 0;  // as it came: programs are told (AT_HWCAP)
    // leaf 7
    bool smep = false, smap = false, umip = false, fsgsbase = false, erms = false;
    // leaf 0x80000001
    bool nx = false, long_mode = false;
    // leaf 0x40000000, where a hypervisor says who it is
    char hypervisor_name[13] = {};
    // leaves 0x15 and 0x16: what the CPU says of its TSC's speed; 0: nothing
    u32 tsc_khz = 0;
    // leaf 0x80000007
    bool invariant_tsc = false;

    bool apic_base_msr = false;  // tells where the local APIC is, and turns it on
    bool has_cr4 = false;   // some feature that CR4 switches is there
    u8 phys_bits = 32;      // how wide an address its bus takes
};

cpu_features detect_cpu(const cpu_probe& probe);

// What the kernel does with it. Two-level and PAE kernels decide differently.
struct cpu_decisions {
    bool large_pages = false;   // in the linear map; else 4 KiB tables
    bool global_pages = false;
    bool write_cr4 = false;
    u32 cr4 = 0;                // the bits to set while paging is switched on
    bool use_tsc = false;
    bool use_fxsr = false;
    bool no_execute = false;
    bool high_page_tables = true;  // it reads page tables above 4 GiB
    u32 protections = 0;        // bits of CR4 that forbid the kernel or ring 3 something
    u8 phys_bits = 32;          // what CPU and page tables both can address
    // Empty, or what is missing for this kernel to run at all.
    std::string_view refusal;
};

cpu_decisions decide(const cpu_features& cpu, bool pae_kernel);

// One word a feature, as in Linux's /proc/cpuinfo.
void print_flags(text_sink& out, const cpu_features& cpu);

// -- the CPU we run on -------------------------------------------------------------
void boot_cpu_detect();
const cpu_features& boot_cpu();
const cpu_decisions& boot_decisions();
