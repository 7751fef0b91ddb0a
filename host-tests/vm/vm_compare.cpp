#include "host-tests/vm/vm_compare.hpp"

#include "host-tests/support/kernel.hpp"
#include "host-tests/vm/vm_print.hpp"
#include "host-tests/vm/vm_run.hpp"

#include <exception>

namespace {

// Collects what a run does. The steps of children nest, so the machine's forks say where
// one begins and ends; this stands between the run and the machine.
class script_writer {
public:
    explicit script_writer(vm_script& script) : script_(&script) {}

    bool answer(const vm_operation& operation, u32 answer) {
        script_->push_back({operation, {}, answer});
        const bool forks = operation.op == vm_op::fork && answer == 0;
        if (forks) script_ = &script_->back().child;
        return true;
    }
    bool maps(const vm_maps&, const vm_maps&) { return true; }

    vm_script* script_;
};

// The machine as a run sees it, with the script's nesting kept beside its forks.
class scripted_machine {
public:
    scripted_machine(vm_machine& machine, script_writer& writer)
        : machine_(&machine), writer_(writer) {}

    vm_machine* operator->() { return machine_; }

    template <class Child>
    u32 fork(Child&& child) {
        vm_script* const parents = writer_.script_;
        const u32 error = machine_->fork([&](vm_machine& childs) {
            scripted_machine inner(childs, writer_);
            child(inner);
        });
        writer_.script_ = parents;
        return error;
    }
    void maps(vm_maps& listing) { machine_->maps(listing); }

private:
    vm_machine* machine_;
    script_writer& writer_;
};

u32 vm_perform(scripted_machine& machine, const vm_operation& operation) {
    return ::vm_perform(*machine.operator->(), operation);
}

std::string differ(const vm_operation& operation, u32 first, u32 second) {
    return to_text(operation) + "\n    first:  " + answer_text(operation, first) +
           "\n    second: " + answer_text(operation, second) + "\n";
}

// Both machines side by side through one process's steps.
class pair_runner {
public:
    explicit pair_runner(u32 maps_every) : maps_every_(maps_every) {}

    void run(vm_machine& first, vm_machine& second, const vm_script& script) {
        for (const vm_step& step : script) {
            if (!told.empty()) return;
            if (step.operation.op == vm_op::fork) fork(first, second, step);
            else perform(first, second, step.operation);
            if (told.empty() && ++steps_ % maps_every_ == 0) look(first, second);
        }
        if (told.empty()) look(first, second);
    }

    std::string told;

private:
    void perform(vm_machine& first, vm_machine& second, const vm_operation& operation) {
        const u32 one = vm_perform(first, operation);
        const u32 other = vm_perform(second, operation);
        if (one != other) told = differ(operation, one, other);
        first.check_invariants();
        second.check_invariants();
    }

    // The child of the second runs within that of the first.
    void fork(vm_machine& first, vm_machine& second, const vm_step& step) {
        u32 other = 0;
        bool second_ran = false;
        const u32 one = first.fork([&](vm_machine& firsts) {
            other = second.fork([&](vm_machine& seconds) {
                second_ran = true;
                run(firsts, seconds, step.child);
            });
            if (!second_ran) told = differ(step.operation, 0, other);
        });
        if (one == 0) return;
        other = second.fork([](vm_machine&) {});
        if (one != other) told = differ(step.operation, one, other);
    }

    void look(vm_machine& first, vm_machine& second) {
        vm_maps ones, others;
        first.maps(ones);
        second.maps(others);
        if (ones == others) return;
        told = "maps\n    first:\n" + to_text(ones) + "    second:\n" + to_text(others);
    }

    u32 maps_every_;
    u32 steps_ = 0;
};

// Without steps first ... end - 1, numbered through all children.
vm_script without(const vm_script& script, size_t first, size_t end, size_t& number) {
    vm_script kept;
    for (const vm_step& step : script) {
        const size_t mine = number++;
        vm_script child = without(step.child, first, end, number);
        if (mine < first || mine >= end)
            kept.push_back({step.operation, std::move(child), step.answer});
    }
    return kept;
}

void print(const vm_script& script, const std::string& indent, std::string& text) {
    for (const vm_step& step : script) {
        text += indent + to_text(step.operation) + "\n";
        print(step.child, indent + "    ", text);
    }
}

}  // namespace

size_t count_steps(const vm_script& script) {
    size_t count = script.size();
    for (const vm_step& step : script) count += count_steps(step.child);
    return count;
}

vm_script generate_script(vm_machine& machine, const vm_layout& layout, vm_source source,
                          u32 steps) {
    vm_script script;
    script_writer writer(script);
    scripted_machine scripted(machine, writer);
    vm_run run(source, layout);
    run.run(scripted, writer, steps);
    return script;
}

std::string run_script(vm_machine& first, vm_machine& second, const vm_script& script,
                       u32 maps_every) {
    pair_runner runner(maps_every);
    try {
        runner.run(first, second, script);
        first.finish();
        second.finish();
    } catch (const std::exception& thrown) {
        return std::string("thrown: ") + thrown.what() + "\n";
    } catch (const kernel_panic& panic) {
        return "panic: " + panic.message + "\n";
    }
    return runner.told;
}

vm_script shrink_script(vm_script script,
                        const std::function<bool(const vm_script&)>& fails) {
    for (size_t chunk = count_steps(script); chunk > 0;) {
        bool shorter = false;
        for (size_t first = 0; first < count_steps(script);) {
            size_t number = 0;
            vm_script tried = without(script, first, first + chunk, number);
            if (!fails(tried)) {
                first += chunk;
                continue;
            }
            script = std::move(tried);
            shorter = true;
        }
        if (!shorter) chunk /= 2;
    }
    return script;
}

vm_script pin_script(vm_script script) {
    for (vm_step& step : script) {
        vm_operation& made = step.operation;
        step.child = pin_script(std::move(step.child));
        if (made.op != vm_op::mmap || step.answer > 0xfffff000) continue;
        made.address = step.answer;
        made.flags |= VM_MAP_FIXED;
    }
    return script;
}

std::string compare_machines(const vm_machine_maker& make_first,
                             const vm_machine_maker& make_second, const vm_layout& layout,
                             vm_source source, u32 steps) {
    const auto compare = [&](const vm_script& script, u32 maps_every) {
        return run_script(*make_first(layout), *make_second(layout), script, maps_every);
    };
    const vm_script script = generate_script(*make_first(layout), layout, source, steps);
    const std::string told = compare(script, VM_MAPS_EVERY);
    if (told.empty()) return "";
    const auto fails = [&](const vm_script& tried) { return !compare(tried, 1).empty(); };
    const vm_script pinned = pin_script(script);
    const vm_script shortest = shrink_script(fails(pinned) ? pinned : script, fails);
    return compare(shortest, 1) + "the program:\n" + to_text(shortest);
}

std::string to_text(const vm_script& script) {
    std::string text;
    print(script, "    ", text);
    return text;
}
