// Loci against real Linux: every recorded program, every answer, every line of the maps,
// apart from what loci_machine.hpp names and counts. The recording is that of a machine
// whose pages know no-execute as Loci's do here.
#include "host-tests/vm/loci_machine.hpp"
#include "host-tests/vm/vm_print.hpp"
#include "host-tests/vm/vm_recording.hpp"
#include "host-tests/vm/vm_run.hpp"

#include <test.hpp>

namespace {

// Answers Linux gave, in the order of the program, beside Loci's. What 64-bit Linux counts
// with more bits than a 32-bit one ends a program.
class comparing_sink {
public:
    comparing_sink(recorded_machine& recorded, vm_machine& loci)
        : recorded_(recorded), loci_(loci) {}

    bool answer(const vm_operation& operation, u32 answer) {
        ++steps;
        const u32 linux_answer = recorded_.next(operation.address);
        if (answer == linux_answer) return true;
        constexpr u64 last_pages = u64{0xffffff00} << 12;
        const u64 end = u64{operation.address} + operation.length;
        wide = operation.offset >= last_pages || end + 4095 > 0xffffffff;
        if (!wide)
            told = to_text(operation) +
                   "\n    Linux: " + answer_text(operation, linux_answer) +
                   "\n    Loci:  " + answer_text(operation, answer) + "\n";
        return false;
    }
    bool maps(const vm_maps& before, const vm_maps& now) {
        loci_.check_invariants();
        vm_maps linux_maps;
        recorded_.next_maps(before, linux_maps);
        if (now == linux_maps) return true;
        told = "maps\n  Linux:\n" + to_text(linux_maps) + "  Loci:\n" + to_text(now);
        return false;
    }

    u32 steps = 0;
    bool wide = false;
    std::string told;

private:
    recorded_machine& recorded_;
    vm_machine& loci_;
};

struct outcome {
    u32 steps = 0, disagreements = 0, wide = 0;
};

outcome compare_with(const char* kernel) {
    const vm_recording recording = read_vm_recording(vm_recording_path(kernel));
    outcome all;
    for (const vm_recorded_program& program : recording.programs) {
        recorded_machine recorded(recording.layout, program);
        loci_machine loci(recording.layout);
        comparing_sink sink(recorded, loci);
        vm_run run(program.seed, recording.layout);
        vm_machine& machine = loci;
        run.run(machine, sink, recording.steps);
        all.steps += sink.steps;
        all.wide += sink.wide ? 1 : 0;
        if (sink.told.empty()) continue;
        if (++all.disagreements <= 5)
            ADD_FAILURE() << "seed " << program.seed << ", operation " << sink.steps << ": "
                          << sink.told;
    }
    return all;
}

}  // namespace

TEST(loci_against_linux, every_answer_of_a_machine_like_ours) {
    const outcome all = compare_with(kernel_format::levels == 3 ? "amd64" : "nopae");
    EXPECT_EQ(all.disagreements, 0u);
    EXPECT_GE(all.steps, 5000u);
    std::printf("%u steps, %u programs ended by 64-bit arithmetic\n", all.steps, all.wide);
}
