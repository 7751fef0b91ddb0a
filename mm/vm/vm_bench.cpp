// What an address space costs (docs/bench), from the kernel's side: the calls of mm.hpp in
// the place of system calls, and touches of user addresses from ring 0. Without the way in
// and out of the kernel these are not the rows that a program measures: so each is called
// sim.NAME.
#include "lib/benchmark.hpp"
#include "lib/scope_guard.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/user_access.hpp"

namespace {

constexpr u32 read_write = PROT_READ | PROT_WRITE;
constexpr u32 file_bytes = MiB;

// A space to measure in, loaded for as long as it lives.
class bench_space {
public:
    explicit bench_space(bench_run& run) : run(run), mm_(mm_alloc()) {
        if (!mm_) {
            run.remark("no memory for an address space");
            return;
        }
        arch_pick_mmap_layout(*mm_);
        mm_->start_brk = mm_->brk = 0x08100000;
        before_ = use_mm(mm_);
        map(PAGE_SIZE);  // keeps later areas off what was there
        // A program's data, which the heap lies behind: page tables are there for both.
        do_mmap(*mm_, mm_->start_brk - PAGE_SIZE, PAGE_SIZE, read_write,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, nullptr, 0)
            .value_or(0);
    }
    ~bench_space() {
        if (!mm_) return;
        use_mm(before_);
        mmput(*mm_);
    }
    bench_space(const bench_space&) = delete;
    bench_space& operator=(const bench_space&) = delete;

    explicit operator bool() const { return mm_ != nullptr; }
    mm_struct& mm() { return *mm_; }

    u32 map(u32 bytes) {
        return *do_mmap(*mm_, 0, bytes, read_write, MAP_PRIVATE | MAP_ANONYMOUS, nullptr, 0);
    }
    u32 map(file& of, u32 prot) {
        return *do_mmap(*mm_, 0, file_bytes, prot, MAP_PRIVATE, &of, 0);
    }
    void unmap(u32 at, u32 bytes) { must(do_munmap(*mm_, at, bytes)); }
    void protect(u32 at, u32 bytes, u32 prot) { must(do_mprotect(*mm_, at, bytes, prot)); }
    void forget(u32 at, u32 bytes) { must(do_madvise(*mm_, at, bytes, MADV_DONTNEED)); }
    void remap(u32 at, u32 old_bytes, u32 new_bytes) {
        kassert(*do_mremap(*mm_, at, old_bytes, new_bytes, 0, 0) == at, "it moved");
    }
    void write(u32 at) { must(put_user(u8{1}, user_ptr<u8>(at))); }
    void read(u32 at) {
        u8 byte;
        must(get_user(byte, user_ptr<const u8>(at)));
    }
    void write_each(u32 at, u32 bytes) {
        for (u32 offset = 0; offset < bytes; offset += PAGE_SIZE) write(at + offset);
    }
    void read_each(u32 at, u32 bytes, u32 step = PAGE_SIZE) {
        for (u32 offset = 0; offset < bytes; offset += step) read(at + offset);
    }

    bench_run& run;

private:
    static void must(result<> done) {
        kassert(bool(done), "a call that cannot fail failed: {}", errno_name(done.error()));
    }

    mm_struct* mm_;
    mm_struct* before_ = nullptr;
};

void measure_brk(bench_space& space) {
    const u32 top = space.mm().brk;
    measure_loop(space.run, "sim.brk_grow_shrink_1p", 100, [&] {
        do_brk(space.mm(), top + PAGE_SIZE);
        do_brk(space.mm(), top);
    });
    measure_loop(space.run, "sim.brk_grow_touch_shrink_1p", 100, [&] {
        do_brk(space.mm(), top + PAGE_SIZE);
        space.write(top);
        do_brk(space.mm(), top);
    });
}

void measure_mmap(bench_space& space) {
    measure_loop(space.run, "sim.mmap_munmap_1p", 100,
                 [&] { space.unmap(space.map(PAGE_SIZE), PAGE_SIZE); });
    measure_loop(space.run, "sim.mmap_touch_munmap_1p", 100, [&] {
        const u32 at = space.map(PAGE_SIZE);
        space.write(at);
        space.unmap(at, PAGE_SIZE);
    });
    measure_round(space.run, "sim.mmap_touch_munmap_4m", 1024, [&] {
        const u32 at = space.map(4 * MiB);
        space.write_each(at, 4 * MiB);
        space.unmap(at, 4 * MiB);
    });
}

// One page that is an area of its own; then the middle page of three.
void measure_mprotect(bench_space& space) {
    const u32 at = space.map(3 * PAGE_SIZE), middle = at + PAGE_SIZE;
    const auto toggle = [&] {
        space.protect(middle, PAGE_SIZE, PROT_READ);
        space.protect(middle, PAGE_SIZE, read_write);
    };
    space.protect(at, PAGE_SIZE, PROT_NONE);
    space.protect(at + 2 * PAGE_SIZE, PAGE_SIZE, PROT_NONE);
    space.write(middle);
    measure_round(space.run, "sim.mprotect_toggle_1p", 200, [&] {
        for (u32 i = 0; i < 100; ++i) toggle();
    });
    measure_loop(space.run, "sim.mprotect_toggle_1p_write", 100, [&] {
        toggle();
        space.write(middle);
    });
    space.protect(at, 3 * PAGE_SIZE, read_write);
    space.write_each(at, 3 * PAGE_SIZE);
    measure_round(space.run, "sim.mprotect_split_merge_1p", 200, [&] {
        for (u32 i = 0; i < 100; ++i) toggle();
    });
    space.unmap(at, 3 * PAGE_SIZE);
}

// There is room to grow behind the page.
void measure_mremap(bench_space& space) {
    const u32 at = space.map(16 * PAGE_SIZE);
    space.unmap(at + PAGE_SIZE, 15 * PAGE_SIZE);
    space.write(at);
    measure_loop(space.run, "sim.mremap_grow_shrink_1_2p", 100, [&] {
        space.remap(at, PAGE_SIZE, 2 * PAGE_SIZE);
        space.remap(at, 2 * PAGE_SIZE, PAGE_SIZE);
    });
    space.unmap(at, PAGE_SIZE);
}

// First touches of 16 MiB. What maps and unmaps is measured apart, or not at all.
void measure_faults(bench_space& space) {
    constexpr u32 bytes = 16 * MiB, pages = bytes >> PAGE_SHIFT;
    u32 at = 0;
    const auto map = [&] { at = space.map(bytes); };
    const auto unmap = [&] { space.unmap(at, bytes); };
    const auto remap = [&] {
        if (at) unmap();
        map();
    };
    measure_round(space.run, "sim.fault_anon_write", pages,
                  [&] { space.write_each(at, bytes); }, remap);
    measure_round(space.run, "sim.fault_anon_read_zeropage", pages,
                  [&] { space.read_each(at, bytes); }, remap);
    measure_round(space.run, "sim.fault_zeropage_to_write", pages,
                  [&] { space.write_each(at, bytes); },
                  [&] {
                      remap();
                      space.read_each(at, bytes);
                  });
    measure_round(space.run, "sim.munmap_16m_touched_perpage", pages, unmap, [&] {
        map();
        space.write_each(at, bytes);
    });
}

void measure_files(bench_space& space) {
    const result<file*> made = shmem_zero_file(file_bytes);
    if (!made) return space.run.remark("no memory for a file");
    file* const data = *made;
    u32 at = 0;
    const auto prepare = [&](u32 prot) {
        if (at) space.unmap(at, file_bytes);
        at = space.map(*data, prot);
    };
    const u32 filled = *do_mmap(space.mm(), 0, file_bytes, read_write, MAP_SHARED, data, 0);
    space.write_each(filled, file_bytes);
    space.unmap(filled, file_bytes);

    constexpr u32 pages = file_bytes >> PAGE_SHIFT;
    measure_round(space.run, "sim.fault_file_read", pages,
                  [&] { space.read_each(at, file_bytes); }, [&] { prepare(PROT_READ); });
    measure_round(space.run, "sim.fault_file_read_stride64k", pages / 16,
                  [&] { space.read_each(at, file_bytes, 16 * PAGE_SIZE); },
                  [&] { prepare(PROT_READ); });
    measure_round(space.run, "sim.fault_file_private_write", pages,
                  [&] { space.write_each(at, file_bytes); }, [&] { prepare(read_write); });
    if (at) space.unmap(at, file_bytes);
    fput(data);
}

// Touched in the copy, then in the original, which is alone by then.
void measure_fork(bench_space& space) {
    constexpr u32 bytes = 4 * MiB, pages = bytes >> PAGE_SHIFT;
    const u32 at = space.map(bytes);
    space.write_each(at, bytes);
    mm_struct* child = nullptr;
    const auto fork = [&] { child = *dup_mm(space.mm()); };
    const auto exit = [&] {
        if (child) mmput(*child);
        child = nullptr;
    };
    measure_round(space.run, "sim.fork_call_4m", 1, fork, exit);
    measure_round(space.run, "sim.exit_4m", 1, exit, fork);
    measure_round(space.run, "sim.cow_break_child", pages,
                  [&] { space.write_each(at, bytes); },
                  [&] {
                      use_mm(&space.mm());
                      exit();
                      fork();
                      use_mm(child);
                  });
    use_mm(&space.mm());
    measure_round(space.run, "sim.cow_reuse_parent", pages,
                  [&] { space.write_each(at, bytes); },
                  [&] {
                      exit();
                      fork();
                      exit();
                  });
    space.unmap(at, bytes);
}

// `areas` of alternating rights over `total` pages.
void measure_many(bench_space& space, u32 areas, u32 total, std::string_view tag) {
    const auto row = [&](std::string_view kind) {
        static text_buffer<48> name;
        name.clear();
        format_to(name, "sim.{}_{}", kind, tag);
        return name.view();
    };
    const u32 width = total / areas * PAGE_SIZE, bytes = (total + 2) * PAGE_SIZE;
    const u32 whole = space.map(bytes), at = whole + PAGE_SIZE;
    space.protect(whole, PAGE_SIZE, PROT_NONE);
    space.protect(at + total * PAGE_SIZE, PAGE_SIZE, PROT_NONE);
    const u64 start = bench_run::now();
    for (u32 i = 1; i < areas; i += 2) space.protect(at + i * width, width, PROT_READ);
    u64 ticks = bench_run::now() - start;
    if (areas > 1 && space.run.wants(row("mprotect_split_build")))
        space.run.report(row("mprotect_split_build"), {&ticks, 1}, areas / 2);

    // A writable page is in every second area; so many of them as there are random numbers.
    const u32 writable = min_of(total / 2, bench_run::most_objects);
    const u32 touched = min_of(writable, 500u);
    const u32 pages_in_area = width >> PAGE_SHIFT;
    space.run.shuffle(writable);
    measure_round(space.run, row("fault_random_vmas"), touched,
                  [&] {
                      for (u32 i = 0; i < touched; ++i) {
                          const u32 page = space.run.space().permutation[i];
                          const u32 area = page / pages_in_area * 2 % areas;
                          space.write(at + area * width +
                                      page % pages_in_area * PAGE_SIZE);
                      }
                  },
                  [&] { space.forget(at, total * PAGE_SIZE); });
    measure_loop(space.run, row("mmap_munmap_1p_vmas"), 100,
                 [&] { space.unmap(space.map(PAGE_SIZE), PAGE_SIZE); });
    space.unmap(whole, bytes);
}

// 4096 holes of a page; two pages are asked for, and no hole is so large.
void measure_holes(bench_space& space) {
    constexpr u32 holes = 4096, bytes = (2 * holes + 1) * PAGE_SIZE;
    const u32 at = space.map(bytes);
    for (u32 i = 0; i < holes; ++i) space.unmap(at + (2 * i + 1) * PAGE_SIZE, PAGE_SIZE);
    measure_loop(space.run, "sim.mmap_munmap_2p_4096holes", 100,
                 [&] { space.unmap(space.map(2 * PAGE_SIZE), 2 * PAGE_SIZE); });
    space.unmap(at, bytes);
}

void run_vm(bench_run& run) {
    bench_space space(run);
    if (!space) return;
    measure_brk(space);
    measure_mmap(space);
    measure_mprotect(space);
    measure_mremap(space);
    measure_faults(space);
    measure_files(space);
    measure_fork(space);
    measure_many(space, 1, 1000, "1");
    measure_many(space, 100, 1000, "100");
    measure_many(space, 1000, 1000, "1000");
    measure_many(space, 10000, 10000, "10000");
    measure_holes(space);
}

}  // namespace

REGISTER(benchmark, vm_bench) = {.name = "sim.", .run = run_vm};
