// Prints a recorded program: each operation, and what Linux answered.
//
//      show RECORDING SEED        that program
//      show RECORDING             how often each operation went well, and how it failed
#include "host-tests/vm/vm_print.hpp"
#include "host-tests/vm/vm_recording.hpp"
#include "host-tests/vm/vm_run.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>

// lib's assertions come here.
void assertion_failed(const char* file, int line, const char* condition, std::string_view,
                      std::span<const format_arg>) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    std::exit(1);
}

namespace {

struct printing_sink {
    bool answer(const vm_operation& operation, u32 answer) {
        std::printf("%3u  %s = %s\n", ++steps, to_text(operation).c_str(),
                    answer_text(operation, answer).c_str());
        return true;
    }
    bool maps(const vm_maps&, const vm_maps& now) {
        std::printf("%s", to_text(now).c_str());
        return true;
    }
    u32 steps = 0;
};

struct counting_sink {
    bool answer(const vm_operation& operation, u32 answer) {
        const bool plain =
            answer < 0x10000 || (answer < 0xfffff000 && operation.op < vm_op::read);
        const std::string kind = plain ? "well" : answer_text(operation, answer);
        ++counts[static_cast<u32>(operation.op)][kind];
        return true;
    }
    bool maps(const vm_maps&, const vm_maps& now) {
        lines += now.count;
        ++listings;
        return true;
    }
    std::map<std::string, u32> counts[VM_OPS];
    u32 lines = 0, listings = 0;
};

}  // namespace

int main(int count, char** words) {
    if (count < 2) return std::puts("show RECORDING [SEED]"), 1;
    const vm_recording recording = read_vm_recording(words[1]);
    printing_sink printer;
    counting_sink counter;
    for (const vm_recorded_program& program : recording.programs) {
        if (count > 2 && program.seed != std::strtoull(words[2], nullptr, 0)) continue;
        recorded_machine machine(recording.layout, program);
        vm_run run(program.seed, recording.layout);
        vm_machine& asked = machine;
        if (count > 2) run.run(asked, printer, recording.steps);
        else run.run(asked, counter, recording.steps);
        if (!machine.at_end())
            return std::puts("the recording goes on behind the program"), 1;
    }
    if (count > 2) return printer.steps > 0 ? 0 : (std::puts("no such seed"), 1);
    for (u32 op = 0; op < VM_OPS; ++op) {
        std::printf("%s", vm_op_names[op]);
        for (const auto& [kind, times] : counter.counts[op])
            std::printf("  %s: %u", kind.c_str(), times);
        std::printf("\n");
    }
    std::printf("%u listings of %u areas\n", counter.listings,
                counter.lines / (counter.listings + 1));
}
