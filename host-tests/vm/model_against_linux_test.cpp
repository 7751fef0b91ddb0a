// The plain model against real Linux: every recorded program, every answer, every line of
// the maps. What they may differ in stands in `differences`, by name; the uses of each are
// counted and printed.
#include "host-tests/models/address_space_model.hpp"
#include "host-tests/vm/vm_print.hpp"
#include "host-tests/vm/vm_recording.hpp"
#include "host-tests/vm/vm_run.hpp"

#include <test.hpp>

#include <algorithm>

namespace {

std::string recording_path(const char* name) {
    const std::string here = __FILE__;
    return here.substr(0, here.rfind('/')) + "/recordings/" + name;
}

// Compares what the model answers with what Linux did, and ends the program at the first
// difference: from there on it would be another program.
class comparing_sink {
public:
    explicit comparing_sink(recorded_machine& recorded, vm_machine& model)
        : recorded_(recorded), model_(model) {}

    bool answer(const vm_operation& operation, u32 answer) {
        ++steps;
        const u32 linux_answer = recorded_.next(operation.address);
        if (answer == linux_answer) return true;
        told = to_text(operation) + "\n    Linux: " + answer_text(operation, linux_answer) +
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
    std::string told;

private:
    recorded_machine& recorded_;
    vm_machine& model_;
};

void compare_with(const char* name, u32 least_steps) {
    const vm_recording recording = read_vm_recording(recording_path(name));
    u32 steps = 0;
    u32 failures = 0;
    for (const vm_recorded_program& program : recording.programs) {
        recorded_machine recorded(recording.layout, program);
        address_space_model model(recording.layout);
        comparing_sink sink(recorded, model);
        vm_run run(program.seed, recording.layout);
        vm_machine& machine = model;
        run.run(machine, sink, recording.steps);
        steps += sink.steps;
        if (sink.told.empty()) {
            EXPECT_TRUE(recorded.at_end()) << "seed " << program.seed;
            continue;
        }
        if (++failures <= 5)
            ADD_FAILURE() << "seed " << program.seed << ", operation " << sink.steps << ": "
                          << sink.told;
    }
    EXPECT_EQ(failures, 0u) << "of " << recording.programs.size() << " programs";
    EXPECT_GE(steps, least_steps);
}

}  // namespace

TEST(model_against_linux, every_answer_with_pae) {
    compare_with("linux-6.1-pae.trace", 100000);
}
