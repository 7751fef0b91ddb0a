// Two machines through the same random program; where they answer differently, the shortest
// program that shows it.
//
//      const std::string told =
//          compare_machines(make_model, make_loci, layout, seed, 1000);
//      EXPECT_EQ(told, "");
//
// The first machine's answers lead the generator. When the second disagrees, mappings are
// nailed to where they came to lie, and operations are left out, many at a time, then one
// by one, for as long as the rest still disagrees; what is left is printed, with both
// answers. A machine that throws disagrees, too.
#pragma once

#include "host-tests/vm/vm_machine.hpp"
#include "host-tests/vm/vm_program.hpp"

#include <string>
#include <vector>

// An operation, and for a fork those of the child; what the first machine answered.
struct vm_step {
    vm_operation operation;
    std::vector<vm_step> child;
    u32 answer = 0;
};
using vm_script = std::vector<vm_step>;

// The program as the machine's answers make it.
vm_script generate_script(vm_machine& machine, const vm_layout& layout, vm_source source,
                          u32 steps);

// Where the machines differ on the script: the operation with both answers, or the maps
// where those differ first. Empty where they agree. Invariants of both are checked after
// each operation, maps are compared after every `maps_every` of them.
std::string run_script(vm_machine& first, vm_machine& second, const vm_script& script,
                       u32 maps_every);

// Empty, or all there is to say: both answers and the shortest script.
std::string compare_machines(const vm_machine_maker& make_first,
                             const vm_machine_maker& make_second, const vm_layout& layout,
                             vm_source source, u32 steps);

// How many operations there are, those of children included.
size_t count_steps(const vm_script& script);

// The script left over when no operation can be left out without `fails` becoming false.
vm_script shrink_script(vm_script script,
                        const std::function<bool(const vm_script&)>& fails);

// The script with every mapping that found a place asking for just that place. What is
// above it then no longer matters, and may be left out.
vm_script pin_script(vm_script script);

std::string to_text(const vm_script& script);
