// Areas against a plain model (area_model.hpp): random calls, error for error, page for page.
// LOCI_LONG_TESTS: millions of steps.
#include "host-tests/mm/area_model.hpp"
#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

#include <cmath>
#include <cstdlib>

namespace {

using area_model::page;

constexpr u32 window = 0x10000, window_pages = 60;
constexpr u32 heap = 0x9000, heap_pages = 12;

class world {
public:
    // `touches`: areas get pages of their own, and so are kept apart by whose they are.
    world(u64 seed, bool touches) : random_(seed), touches_(touches) {
        mm_struct& mm = **space_;
        mm.start_brk = mm.brk = heap << PAGE_SHIFT;
        mm.mmap_base = (window + window_pages) << PAGE_SHIFT;
        mm.rlimits[RLIMIT_AS] = (window_pages - 12) * PAGE_SIZE;
        mm.rlimits[RLIMIT_MEMLOCK] = 20 * PAGE_SIZE;
        model_.start_brk = model_.brk = heap;
        model_.mmap_base = window + window_pages;
        model_.limit_as = window_pages - 12;
        model_.limit_memlock = 20;
        for (u32 i = 0; i < 2; ++i) {
            if (!files_[i]->truncate(u64{400} << PAGE_SHIFT)) abort();
            model_.file_pages[i + 1] = 400;
            number_of_[files_[i]] = i + 1;
        }
    }

    void step() {
        const u32 at = window + random_.below(window_pages - 8), n = 1 + random_.below(8);
        switch (random_.below(12)) {
            case 0:
            case 1:
            case 2: map(at, n); break;
            case 3: return same(do_munmap(mm(), at << 12, n << 12), model_.munmap(at, n));
            case 4:
            case 5: {
                const u32 prot = random_.below(8);
                return same(do_mprotect(mm(), at << 12, n << 12, prot),
                            model_.mprotect(at, n, prot));
            }
            case 6: return lock(at, n);
            case 7:
            case 8: return advise(at, n);
            case 9: return remap();
            case 10: {
                const u32 brk = heap - 1 + random_.below(heap_pages);
                const u32 is = do_brk(mm(), brk << 12);
                ASSERT_EQ(is >> 12, model_.set_brk(brk));
                break;
            }
            default: rarely(at, n); break;
        }
    }

    void check() {
        check_areas(mm());
        check_pages(mm());
        auto expected = model_.pages.begin();
        bool touched = was_locked_;
        for (const vm_area_struct* area = mm().mmap; area; area = area->vm_next) {
            touched |= area->anon_vma != nullptr;
            for (u32 i = 0; i < area->pages(); ++i, ++expected) {
                ASSERT_TRUE(expected != model_.pages.end());
                ASSERT_EQ((area->vm_start >> 12) + i, expected->first);
                ASSERT_TRUE(as_model_page(*area, i) == expected->second)
                    << std::hex << expected->first;
            }
        }
        ASSERT_TRUE(expected == model_.pages.end());
        ASSERT_EQ(mm().total_vm, model_.total());
        ASSERT_EQ(mm().locked_vm, model_.locked());
        // I3, where nothing keeps neighbours apart.
        if (!touched) {
            ASSERT_EQ(mm().map_count, model_.areas());
        }
    }

private:
    mm_struct& mm() { return **space_; }

    template <class T>
    static void same(const result<T>& answer, int expected) {
        ASSERT_EQ(answer.error(), expected);
    }

    page as_model_page(const vm_area_struct& area, u32 i) {
        const u32 flags = area.vm_flags;
        page is{.prot = flags & 7,
                .shared = (flags & VM_MAYSHARE) != 0,
                .locked = (flags & VM_LOCKED) != 0,
                .on_fault = (flags & VM_LOCKONFAULT) != 0,
                .dont_copy = (flags & VM_DONTCOPY) != 0,
                .wiped = (flags & VM_WIPEONFORK) != 0,
                .no_reserve = (flags & VM_NORESERVE) != 0,
                .account = (flags & VM_ACCOUNT) != 0,
                .advice = flags & VM_RAND_READ ? 1u : flags & VM_SEQ_READ ? 2u : 0u};
        if (area.vm_file) {
            is.file = number_of_[area.vm_file];
            is.index = area.vm_pgoff + i;
        }
        return is;
    }

    void map(u32 at, u32 n) {
        area_model::mmap_call call{.at = at, .pages = n, .prot = random_.below(8)};
        call.file = random_.one_in(4) ? 1 + random_.below(2) : 0;
        // Often where neighbours fit.
        if (call.file) call.index = random_.one_in(2) ? at - window : random_.below(100);
        call.shared = random_.one_in(3);
        call.fixed = !random_.one_in(3);
        call.no_replace = call.fixed && random_.one_in(4);
        call.locked = touches_ && random_.one_in(8);
        call.no_reserve = random_.one_in(8);
        u32 flags = call.shared ? MAP_SHARED : MAP_PRIVATE;
        if (call.fixed) flags |= call.no_replace ? MAP_FIXED_NOREPLACE : MAP_FIXED;
        if (call.locked) flags |= MAP_LOCKED;
        if (call.no_reserve) flags |= MAP_NORESERVE;
        if (!call.file) flags |= MAP_ANONYMOUS;
        file* const file = call.file ? static_cast<struct file*>(files_[call.file - 1]) : nullptr;
        const u32 hint = call.fixed || random_.one_in(2) ? at : 0;
        call.at = hint;
        const auto mapped =
            do_mmap(mm(), hint << 12, n << 12, call.prot, flags, file, call.index);
        const auto [place, error] = model_.mmap(call);
        ASSERT_EQ(mapped.error(), error);
        if (error) return;
        ASSERT_EQ(*mapped >> 12, place);
        if (call.shared && !call.file)
            number_of_[find_vma(mm(), *mapped)->vm_file] = model_.next_file - 1;
    }

    void lock(u32 at, u32 n) {
        if (random_.one_in(2))
            return same(do_munlock(mm(), at << 12, n << 12), model_.munlock(at, n));
        const bool on_fault = !touches_ || random_.one_in(2);
        same(do_mlock(mm(), at << 12, n << 12, on_fault ? u32{MLOCK_ONFAULT} : 0),
             model_.mlock(at, n, on_fault));
    }

    void advise(u32 at, u32 n) {
        const auto tell = [&](s32 advice, auto change) {
            same(do_madvise(mm(), at << 12, n << 12, advice), model_.advise(at, n, change));
        };
        switch (random_.below(9)) {
            case 0: return tell(MADV_DONTFORK, [](page& p) { return p.dont_copy = true, 0; });
            case 1: return tell(MADV_DOFORK, [](page& p) { return p.dont_copy = false, 0; });
            case 2:
                return tell(MADV_WIPEONFORK, [](page& p) -> int {
                    if (p.file || p.shared) return area_model::einval;
                    return p.wiped = true, 0;
                });
            case 3: return tell(MADV_KEEPONFORK, [](page& p) { return p.wiped = false, 0; });
            case 4: return tell(MADV_RANDOM, [](page& p) { return p.advice = 1, 0; });
            case 5: return tell(MADV_SEQUENTIAL, [](page& p) { return p.advice = 2, 0; });
            case 6: return tell(MADV_NORMAL, [](page& p) { return p.advice = 0, 0; });
            case 7: return tell(MADV_WILLNEED, [](page&) { return 0; });
            default:
                return tell(MADV_DONTNEED,
                            [](page& p) -> int { return p.locked ? area_model::einval : 0; });
        }
    }

    // A part of an area that there is, so that it lies within one; of what a fork has
    // wiped or left out as well.
    void remap() {
        if (!mm().map_count) return;
        const vm_area_struct* area = mm().mmap;
        for (u32 skip = random_.below(mm().map_count); skip; --skip) area = area->vm_next;
        if (area->vm_start < window << 12) return;  // not the heap
        const u32 start = area->vm_start >> 12, end = area->vm_end >> 12;
        const u32 at = start + random_.below(end - start);
        const u32 n = random_.one_in(2) ? end - at : 1 + random_.below(end - at);
        const u32 wanted = random_.one_in(3) ? n : 1 + random_.below(8);
        const bool may_move = random_.one_in(2);
        std::optional<u32> to;
        if (may_move && random_.one_in(2)) to = window + random_.below(window_pages - 8);
        const u32 flags = (may_move ? u32{MREMAP_MAYMOVE} : 0) | (to ? u32{MREMAP_FIXED} : 0);
        const auto moved =
            do_mremap(mm(), at << 12, n << 12, wanted << 12, flags, to.value_or(0) << 12);
        const auto [place, error] = model_.mremap(at, n, wanted, may_move, to, end);
        ASSERT_EQ(moved.error(), error);
        if (error) return;
        ASSERT_EQ(*moved >> 12, place);
    }

    void rarely(u32 at, u32 n) {
        switch (random_.below(6)) {
            case 0: {
                const bool on = touches_ && random_.one_in(2);
                model_.lock_future = on;
                if (!on) return unlock_all();
                ASSERT_TRUE(do_mlockall(mm(), MCL_FUTURE));
                break;
            }
            case 1: fork(); break;
            default:
                if (touches_) static_cast<void>(do_madvise(mm(), at << 12, n << 12,
                                                           random_.one_in(2) ? MADV_POPULATE_READ
                                                                             : MADV_POPULATE_WRITE));
        }
    }
    void unlock_all() {
        ASSERT_TRUE(do_munlockall(mm()));
        for (auto& [at, p] : model_.pages) p.locked = p.on_fault = false;
    }

    // The child goes on, or the parent.
    void fork() {
        const auto copied = dup_mm(mm());
        ASSERT_TRUE(copied);
        auto child = std::make_unique<test_space>(*copied);
        if (random_.one_in(2)) {
            space_.swap(child);
            // Where one was locked and the other not, two areas are alike from now on.
            was_locked_ |= model_.locked() > 0;
            model_ = model_.fork();
        }
        check_areas(**child);
        check_pages(**child);
        child.reset();
    }

    random_source random_;
    const bool touches_;
    test_file files_[2];
    std::map<const file*, u32> number_of_;
    bool was_locked_ = false;
    area_model::space model_;
    std::unique_ptr<test_space> space_ = std::make_unique<test_space>();
};

void run(u64 seed, bool touches, u32 steps) {
    const u32 promised = vm_committed.load(memory_order::relaxed);
    try {
        class world world(seed, touches);
        for (u32 step = 0; step < steps; ++step) {
            SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
            world.step();
            world.check();
            if (testing::Test::HasFatalFailure()) return;
        }
    } catch (const kernel_panic& panic) {
        FAIL() << "seed " << seed << ": " << panic.message;
    }
    EXPECT_EQ(vm_committed.load(memory_order::relaxed), promised);
}

u32 steps_of_each() { return std::getenv("LOCI_LONG_TESTS") ? 250'000 : 2'000; }

}  // namespace

TEST(areas_model, untouched) {
    for (u64 seed = 1; seed <= 4; ++seed) run(seed, false, steps_of_each());
}

TEST(areas_model, with_pages_of_their_own) {
    for (u64 seed = 5; seed <= 8; ++seed) run(seed, true, steps_of_each());
}

// Every second page of 20,000 is an area: 10,000 of them, with holes too small for two.
TEST(areas_model, ten_thousand_areas_cost_levels_not_areas) {
    test_space space;
    space->mmap_base = 0xB0000000;
    const auto steps_with = [&](u32 areas) {
        for (u32 i = space->map_count; i < areas; ++i) {
            const u32 at = space->mmap_base - (2 * i + 1) * PAGE_SIZE;
            EXPECT_TRUE(do_mmap(*space, at, PAGE_SIZE, PROT_READ, anonymous | MAP_FIXED,
                                nullptr, 0));
        }
        const u32 before = space->tree_steps;
        const u32 lowest = space->mmap_base - (2 * areas - 1) * PAGE_SIZE;
        const auto mapped = do_mmap(*space, 0, 2 * PAGE_SIZE, PROT_RW, anonymous, nullptr, 0);
        EXPECT_EQ(mapped.value_or(0), lowest - 2 * PAGE_SIZE);
        EXPECT_TRUE(do_munmap(*space, lowest - 2 * PAGE_SIZE, 2 * PAGE_SIZE));
        return space->tree_steps - before;
    };
    EXPECT_LE(steps_with(10), 2 * 2 * std::log2(12.0));
    EXPECT_LE(steps_with(10'000), 2 * 2 * std::log2(10'002.0));
}
