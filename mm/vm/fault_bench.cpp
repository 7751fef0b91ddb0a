// What faults cost, by a driver in the kernel: each touch goes through put_user or
// get_user, which adds some 40 instructions to the fault (docs/bench).
#include "lib/benchmark.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/user_access.hpp"
#include "mm/vm/user_pages.hpp"

namespace {

constexpr u32 nr_pages = 256;

class bench_space {
public:
    bench_space() : mm_(mm_alloc()), before_(use_mm(mm_)) {
        if (mm_)
            base_ = do_mmap(*mm_, 0, nr_pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, nullptr, 0)
                        .value_or(0);
    }
    ~bench_space() {
        use_mm(before_);
        if (mm_) mmput(*mm_);
    }
    bool made() const { return base_ != 0; }

    void write_all() const {
        for (u32 i = 0; i < nr_pages; ++i)
            static_cast<void>(put_user<u32>(1, user_ptr<u32>(base_ + i * PAGE_SIZE)));
    }
    void read_all() const {
        u32 value;
        for (u32 i = 0; i < nr_pages; ++i)
            static_cast<void>(get_user(value, user_ptr<const u32>(base_ + i * PAGE_SIZE)));
    }
    void forget_all() const {
        zap_page_range(*find_vma(*mm_, base_), base_, base_ + nr_pages * PAGE_SIZE);
    }

private:
    mm_struct* mm_;
    mm_struct* before_;
    u32 base_ = 0;
};

void run_faults(bench_run& run) {
    const bench_space space;
    if (!space.made()) return run.remark("fault: there is too little memory");
    const auto forget = [&] { space.forget_all(); };
    measure_round(run, "fault_anon_write", nr_pages, [&] { space.write_all(); }, forget);
    measure_round(run, "fault_anon_read_zeropage", nr_pages, [&] { space.read_all(); }, forget);
    measure_round(run, "fault_zeropage_to_write", nr_pages, [&] { space.write_all(); },
                  [&] {
                      space.forget_all();
                      space.read_all();
                  });
    measure_round(run, "fault_touched_zap", nr_pages, forget, [&] { space.write_all(); });
    measure_round(run, "fault_none", nr_pages, [&] { space.write_all(); },
                  [&] { space.write_all(); });
}

}  // namespace

REGISTER(benchmark, fault_bench) = {
    .name = "fault",
    .run = run_faults,
};
