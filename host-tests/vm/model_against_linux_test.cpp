// The plain model against real Linux: every recorded program, every answer, every line of
// the maps. What they may differ in stands in `differences`, by name, and how often each is
// used stands in the test that uses it.
#include "host-tests/models/address_space_model.hpp"
#include "host-tests/vm/linux_differences.hpp"
#include "host-tests/vm/vm_print.hpp"
#include "host-tests/vm/vm_recording.hpp"
#include "host-tests/vm/vm_run.hpp"

#include <test.hpp>

namespace {

// A reason for which the model may answer an operation as Linux did not. Such a program
// ends there: from then on it would be another one.
struct difference {
    const char* name;
    bool (*applies)(const vm_operation& operation);
};

constexpr difference wide{"wider than 32 bits", is_wider_than_32_bits};

struct outcome {
    u32 steps = 0;
    u32 disagreements = 0;
    u32 uses = 0;  // of the difference
};

class comparing_sink {
public:
    comparing_sink(recorded_machine& recorded, vm_machine& model, const difference* allowed)
        : recorded_(recorded), model_(model), allowed_(allowed) {}

    bool answer(const vm_operation& operation, u32 answer) {
        ++steps;
        const u32 linux_answer = recorded_.next(operation.address);
        if (answer == linux_answer) return true;
        used = allowed_ != nullptr && allowed_->applies(operation);
        if (!used)
            told = to_text(operation) +
                   "\n    Linux: " + answer_text(operation, linux_answer) +
                   "\n    model: " + answer_text(operation, answer) + "\n";
        return false;
    }
    bool maps(const vm_maps& before, const vm_maps& now) {
        model_.check_invariants();
        vm_maps linux_maps;
        recorded_.next_maps(before, linux_maps);
        if (now == linux_maps) return true;
        told = "maps\n  Linux:\n" + to_text(linux_maps) + "  model:\n" + to_text(now);
        return false;
    }

    u32 steps = 0;
    bool used = false;
    std::string told;

private:
    recorded_machine& recorded_;
    vm_machine& model_;
    const difference* allowed_;
};

outcome compare_with(const char* kernel, const difference* allowed = nullptr) {
    const vm_recording recording = read_vm_recording(vm_recording_path(kernel));
    outcome all;
    for (const vm_recorded_program& program : recording.programs) {
        recorded_machine recorded(recording.layout, program);
        address_space_model model(recording.layout);
        comparing_sink sink(recorded, model, allowed);
        vm_run run(program.seed, recording.layout);
        vm_machine& machine = model;
        const bool whole = run.run(machine, sink, recording.steps);
        all.steps += sink.steps;
        all.uses += sink.used ? 1 : 0;
        EXPECT_EQ(recorded.at_end(), whole || recorded.at_end()) << "seed " << program.seed;
        if (sink.told.empty()) continue;
        if (++all.disagreements <= 5)
            ADD_FAILURE() << "seed " << program.seed << ", operation " << sink.steps << ": "
                          << sink.told;
    }
    return all;
}

}  // namespace

TEST(model_against_linux, every_answer_with_pae) {
    const outcome all = compare_with("pae");
    EXPECT_EQ(all.disagreements, 0u);
    EXPECT_EQ(all.steps, 100000u);
}

TEST(model_against_linux, every_answer_with_two_level_tables) {
    const outcome all = compare_with("nopae");
    EXPECT_EQ(all.disagreements, 0u);
    EXPECT_EQ(all.steps, 6000u);
}

// The 32-bit calls of a 64-bit Linux, whose pages are not executable unless they are
// said to be; and what MREMAP_DONTUNMAP does since 6.1.187.
TEST(model_against_linux, every_answer_with_no_execute) {
    const outcome all = compare_with("amd64", &wide);
    EXPECT_EQ(all.disagreements, 0u);
    EXPECT_EQ(all.uses, 10u) << wide.name;
    EXPECT_EQ(all.steps, 5550u);
}
