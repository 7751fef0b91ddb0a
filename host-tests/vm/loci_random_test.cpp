// Loci's address spaces against the plain model: random programs, answer for answer, byte
// for byte, all of maps, and Loci's own invariants on the way. Where the two differ, the
// shortest program that shows it is printed.
#include "host-tests/models/address_space_model.hpp"
#include "host-tests/vm/loci_machine.hpp"
#include "host-tests/vm/vm_compare.hpp"
#include "host-tests/vm/vm_recording.hpp"

#include <test.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

std::unique_ptr<vm_machine> make_model(const vm_layout& layout) {
    return std::make_unique<address_space_model>(layout);
}
std::unique_ptr<vm_machine> make_loci(const vm_layout& layout) {
    return std::make_unique<loci_machine>(layout);
}

u64 programs() {
    if (const char* const count = std::getenv("LOCI_VM_PROGRAMS")) return std::atoll(count);
    return std::getenv("LOCI_LONG_TESTS") ? 2000 : 20;
}

}  // namespace

TEST(loci_random, answers_as_the_model_does) {
    const vm_layout layout = usual_vm_layout(kernel_format::levels == 3);
    loci_machine::differences = {};
    constexpr u32 steps = 500;
    u32 failed = 0;
    u64 seed = 0;
    while (seed < programs() && failed < 3) {
        const std::string told =
            compare_machines(make_model, make_loci, layout, ++seed, steps);
        if (told.empty()) continue;
        ++failed;
        ADD_FAILURE() << "seed " << seed << "\n" << told;
    }
    std::printf("%llu programs of %u steps\n%s", static_cast<unsigned long long>(seed),
                steps, to_text(loci_machine::differences).c_str());
}
