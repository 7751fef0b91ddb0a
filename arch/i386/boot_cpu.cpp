// The CPU we run on, asked for real.
#include "arch/i386/cpu_features.hpp"

#include <cpu/paging_mode.hpp>
#include <cpu/tsc.hpp>

namespace {

class real_cpu final : public cpu_probe {
public:
    bool can_toggle_eflags(u32 bit) const override {
        u32 before, after;
        asm volatile(
            "pushfl\n\t"
            "pushfl\n\t"
            "popl %0\n\t"
            "movl %0, %1\n\t"
            "xorl %2, %1\n\t"
            "pushl %1\n\t"
            "popfl\n\t"
            "pushfl\n\t"
            "popl %1\n\t"
            "popfl"
            : "=&r"(before), "=&r"(after)
            : "ri"(bit)
            : "cc");
        return ((before ^ after) & bit) != 0;
    }

    cpuid_answer cpuid(u32 leaf, u32 subleaf) const override {
        cpuid_answer answer;
        asm volatile("cpuid"
                     : "=a"(answer.eax), "=b"(answer.ebx), "=c"(answer.ecx), "=d"(answer.edx)
                     : "a"(leaf), "c"(subleaf));
        return answer;
    }
};

constinit cpu_features features;
constinit cpu_decisions decisions;

}  // namespace

void boot_cpu_detect() {
    features = detect_cpu(real_cpu());
    decisions = decide(features, paging_is_pae);
}

const cpu_features& boot_cpu() { return features; }
const cpu_decisions& boot_decisions() { return decisions; }
bool has_tsc() { return decisions.use_tsc; }
