// Loci against real Linux: every recorded program, every answer, every line of the maps,
// apart from what linux_differences.hpp names. Where a program ends for such a reason, it
// is run once more against the plain model in the role of a Linux without that reason: so
// Loci has to answer for every step.
#include "host-tests/models/address_space_model.hpp"
#include "host-tests/support/software_cpu.hpp"
#include "host-tests/vm/loci_machine.hpp"
#include "host-tests/vm/vm_compare.hpp"
#include "host-tests/vm/vm_print.hpp"
#include "host-tests/vm/vm_recording.hpp"
#include "host-tests/vm/vm_run.hpp"

#include <test.hpp>

#include <cstdlib>

namespace {

// Answers that Linux gave, in the order of the program, beside Loci's.
class comparing_sink {
public:
    comparing_sink(const vm_layout& layout, recorded_machine& recorded, vm_machine& loci)
        : layout_(layout), recorded_(recorded), loci_(loci) {}

    bool answer(const vm_operation& operation, u32 answer) {
        ++steps;
        loci_.check_invariants();
        const u32 linux_answer = recorded_.next(operation.address);
        dontunmap_ |= is_old_dontunmap(layout_, operation, answer);
        if (answer == linux_answer) return true;
        told = to_text(operation) +
               "\n    Linux: " + answer_text(operation, linux_answer) +
               "\n    Loci:  " + answer_text(operation, answer) + "\n";
        if (layout_.no_execute != 0 && is_wider_than_32_bits(operation))
            reason = &loci_machine::differences.wide_arithmetic;
        else if (dontunmap_) reason = &loci_machine::differences.old_dontunmap;
        return false;
    }
    bool maps(const vm_maps& before, const vm_maps& now) {
        vm_maps linux_maps;
        recorded_.next_maps(before, linux_maps);
        if (now == linux_maps) return true;
        told = "maps\n  Linux:\n" + to_text(linux_maps) + "  Loci:\n" + to_text(now);
        if (dontunmap_) reason = &loci_machine::differences.old_dontunmap;
        return false;
    }

    u32 steps = 0;
    std::string told;                    // empty: they agree
    linux_difference* reason = nullptr;  // why they may not

private:
    const vm_layout& layout_;
    recorded_machine& recorded_;
    vm_machine& loci_;
    bool dontunmap_ = false;
};

std::unique_ptr<vm_machine> make_model(const vm_layout& layout) {
    return std::make_unique<address_space_model>(layout);
}
std::unique_ptr<vm_machine> make_loci(const vm_layout& layout) {
    return std::make_unique<loci_machine>(layout);
}

struct outcome {
    u32 steps = 0;             // that Linux answered, too
    u32 steps_with_model = 0;  // of programs that ended for a reason, behind that
    u32 disagreements = 0;
};

// The Linux that Loci takes after.
vm_layout layout_of_newest(vm_layout layout) {
    layout.old_dontunmap = 0;
    return layout;
}

void compare_program(const vm_recording& recording, const vm_recorded_program& program,
                     outcome& all) {
    comparing_sink sink = [&] {
        recorded_machine recorded(recording.layout, program);
        loci_machine loci(recording.layout);
        comparing_sink made(recording.layout, recorded, loci);
        vm_run run(program.seed, recording.layout);
        vm_machine& machine = loci;
        run.run(machine, made, recording.steps);
        machine.finish();
        return made;
    }();
    all.steps += sink.steps;
    if (sink.told.empty()) return;
    if (sink.reason) {
        ++sink.reason->uses;
        all.steps_with_model += recording.steps - sink.steps;
        sink.told = compare_machines(make_model, make_loci,
                                     layout_of_newest(recording.layout), program.seed,
                                     recording.steps);
        if (sink.told.empty()) return;
    }
    if (++all.disagreements <= 5)
        ADD_FAILURE() << "seed " << program.seed << ", operation " << sink.steps << ": "
                      << sink.told;
}

outcome compare_with(const char* kernel, size_t programs = ~size_t{0}) {
    const vm_recording recording = read_vm_recording(vm_recording_path(kernel));
    const no_execute_setting as_recorded(recording.layout.no_execute != 0);
    loci_machine::differences = {};
    outcome all;
    for (const vm_recorded_program& program : recording.programs) {
        if (programs-- == 0) break;
        compare_program(recording, program, all);
    }
    std::printf("%s: %u steps beside Linux, %u more beside the model\n%s", kernel,
                all.steps, all.steps_with_model,
                to_text(loci_machine::differences).c_str());
    return all;
}

// A host of 64 bits plays a machine with PAE.
constexpr bool has_pae = kernel_format::levels == 3;

}  // namespace

TEST(loci_against_linux, every_answer_without_no_execute) {
    const outcome all = compare_with(has_pae ? "pae" : "nopae");
    EXPECT_EQ(all.disagreements, 0u);
    const u32 recorded = has_pae ? 100'000 : 6'000;
    EXPECT_EQ(all.steps + all.steps_with_model, recorded);
}

TEST(loci_against_linux, every_answer_with_no_execute) {
    if (!has_pae) GTEST_SKIP() << "two-level tables have no NX";
    const outcome all = compare_with("amd64");
    EXPECT_EQ(all.disagreements, 0u);
    EXPECT_EQ(all.steps + all.steps_with_model, 6'000u);
}
