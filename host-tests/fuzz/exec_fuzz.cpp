// Any bytes, executed: they are refused or laid out, the space is in order either way, and
// everything that was taken is given back.
//
// Input: a byte that says which file it is (the program, its interpreter, or a script's),
// then the file.
#include "host-tests/support/kernel_memory.hpp"
#include "kernel/exec/exec_fixture.hpp"
#include "lib/test/test_case.hpp"
#include "mm/vm/vma_tree.hpp"

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

void require(bool truth, int line = __builtin_LINE()) {
    if (truth) return;
    fprintf(stderr, "exec_fuzz.cpp:%d: does not hold\n", line);
    abort();
}

void check_start(exec_world& world) {
    require(world.start.eip < TASK_SIZE);
    require(world.start.esp % 16 == 0 && world.start.esp < TASK_SIZE);
    require(world.mm().start_stack == world.start.esp);
    require(world.mm().arg_start <= world.mm().arg_end);
    require(world.mm().env_start <= world.mm().env_end);
    require(world.argc() >= 1);
}

void run(u8 kind, std::string_view bytes) {
    exec_world world;
    if (kind % 2) {
        elf_builder elf = usual_pie();
        elf.interpreter(0x200, 3);
        exec_world::write(world.put(elf, "/dyn", 0x1000), 0x200, "/f", 3);
    }
    world.put("/f", bytes);
    if (world.run(kind % 2 ? "/dyn" : "/f", {"a", "b"}, {"E=1"}) == 0) check_start(world);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    set_up_kernel_memory();
    if (size == 0) return 0;
    const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::vector<u64> before;
    for (const conserved* const kept : registered<conserved>())
        before.push_back(kept->count());
    run(data[0], file);
    auto was = before.begin();
    for (const conserved* const kept : registered<conserved>())
        require(kept->count() == *was++);
    return 0;
}
