// Runs a random program (vm_program.hpp) on a machine, and tells a sink what it answers.
//
// Machine is anything with the calls that `vm_perform` makes, a `u32 fork(F child)` that
// calls child(its Machine) in a copy of itself and comes back behind it, and a
// `void maps(vm_maps&)`. Under Linux the child is a process, and whatever it leaves in the
// memory of the runner is lost: what it has to say it tells the sink before it ends.
//
// Sink is anything with
//      bool answer(const vm_operation&, u32 answer)           each operation's
//      bool maps(const vm_maps& before, const vm_maps& now)   every VM_MAPS_EVERY of them
// where false ends the program. A fork is answered before its child's operations, with 0,
// or behind it, with an error.
#pragma once

#include "host-tests/vm/vm_program.hpp"

constexpr u32 VM_MAPS_EVERY = 20;

// A fork is not performed here, but by run below.
template <class Machine>
u32 vm_perform(Machine& machine, const vm_operation& o) {
    switch (o.op) {
        case vm_op::mmap:
            return machine.mmap(o.address, o.length, o.protection, o.flags, o.file,
                                o.offset);
        case vm_op::munmap: return machine.munmap(o.address, o.length);
        case vm_op::mprotect: return machine.mprotect(o.address, o.length, o.protection);
        case vm_op::mremap:
            return machine.mremap(o.address, o.length, o.new_length, o.flags,
                                  o.new_address);
        case vm_op::brk: return machine.brk(o.address);
        case vm_op::madvise: return machine.madvise(o.address, o.length, o.flags);
        case vm_op::msync: return machine.msync(o.address, o.length, o.flags);
        case vm_op::mincore: return machine.mincore(o.address, o.length);
        case vm_op::mlock: return machine.mlock(o.address, o.length);
        case vm_op::mlock2: return machine.mlock2(o.address, o.length, o.flags);
        case vm_op::munlock: return machine.munlock(o.address, o.length);
        case vm_op::mlockall: return machine.mlockall(o.flags);
        case vm_op::munlockall: return machine.munlockall();
        case vm_op::setrlimit: return machine.setrlimit(o.flags, o.new_length);
        case vm_op::read: return machine.read(o.address);
        case vm_op::write: return machine.write(o.address, o.value);
        case vm_op::execute: return machine.execute(o.address);
        case vm_op::pread: return machine.pread(static_cast<u32>(o.offset));
        case vm_op::pwrite: return machine.pwrite(static_cast<u32>(o.offset), o.value);
        case vm_op::ftruncate: return machine.ftruncate(o.length);
        case vm_op::fork: break;
    }
    return 0;
}

// One process on its way through a program. Copied for a child, like the process.
class vm_run {
public:
    vm_run(vm_source source, const vm_layout& layout)
        : generator_(source, layout), maps_(layout.maps) {}

    // So many steps, or as many as there is a source for; false when the sink has ended it.
    template <class Machine, class Sink>
    bool run(Machine& machine, Sink& sink, u32 steps) {
        while (steps > 0 && !generator_.is_dry()) {
            const vm_operation made = generator_.next();
            --steps;
            if (made.op == vm_op::fork) {
                const u32 childs = made.flags < steps ? made.flags : steps;
                if (!fork(machine, sink, made, childs)) return false;
                steps -= childs;
            } else {
                const u32 answer = vm_perform(machine, made);
                generator_.learn(made, answer);
                if (!sink.answer(made, answer)) return false;
            }
            if (steps % VM_MAPS_EVERY == 0 && !list(machine, sink)) return false;
        }
        return true;
    }

private:
    vm_run(const vm_generator& generator, const vm_maps& maps)
        : generator_(generator), maps_(maps) {}

    template <class Machine, class Sink>
    bool fork(Machine& machine, Sink& sink, const vm_operation& made, u32 steps) {
        bool goes_on = true;
        const vm_generator childs = generator_.child();
        const u32 error = machine.fork([&](Machine& child) {
            goes_on = sink.answer(made, 0);
            vm_run run(childs, maps_);
            if (goes_on) goes_on = run.run(child, sink, steps);
        });
        if (error != 0) goes_on = sink.answer(made, error);
        return goes_on;
    }

    template <class Machine, class Sink>
    bool list(Machine& machine, Sink& sink) {
        vm_maps now;
        machine.maps(now);
        if (!sink.maps(maps_, now)) return false;
        maps_ = now;
        return true;
    }

    vm_generator generator_;
    vm_maps maps_;
};
