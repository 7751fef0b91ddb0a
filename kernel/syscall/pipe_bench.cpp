// What a byte through a pipe costs (docs/bench), from the kernel's side: the calls without
// the way in and out of the kernel.
#include "fs/pipe/pipe.hpp"
#include "lib/benchmark.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

namespace {

void measure(bench_run& run) {
    mm_struct* const mm = mm_alloc();
    const result<pipe_ends> pipe = create_pipe({}, 0);
    if (mm && pipe) {
        arch_pick_mmap_layout(*mm);
        mm_struct* const before = use_mm(mm);
        constexpr u32 private_anonymous = 0x22;
        const u32 byte = do_mmap(*mm, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
                                 private_anonymous, nullptr, 0)
                             .value_or(0);
        measure_loop(run, "sim.pipe_write_read_1b_self", 32, [&] {
            const iov_iter one = iov_iter::of_user(user_ptr<void>(byte), 1);
            static_cast<void>(vfs_write(*pipe->writer, one));
            static_cast<void>(vfs_read(*pipe->reader, one));
        }, 1);
        use_mm(before);
    } else {
        run.remark("no memory for a pipe");
    }
    if (pipe) {
        fput(pipe->reader);
        fput(pipe->writer);
    }
    if (mm) mmput(*mm);
}

}  // namespace

REGISTER(benchmark, pipe_bench) = {.name = "sim.pipe", .run = measure};
