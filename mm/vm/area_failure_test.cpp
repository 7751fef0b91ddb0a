// Memory runs out at each point of each call: nothing is half done, nothing is lost.
#include "mm/slab/slab_debug.hpp"
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

namespace {

// Three areas in a row, the middle one with pages of its own, and a file's behind them.
void set_scene(test_space& space, file* file) {
    space.map(0, 3, PROT_READ);
    space.map(3, 4, PROT_RW, anonymous | MAP_POPULATE);
    space.map(7, 3, PROT_READ);
    space.map(12, 4, PROT_RW, MAP_SHARED, file);
}

bool same(std::string_view a, const char* b) { return a == std::string_view(b); }

// How many points of the call were failed, one after the other. `call` answers an errno;
// where that is one, all is as it was.
template <class Call>
u32 fail_each_point(fault_attr& attr, Call call) {
    test_file file;
    for (u32 n = 1;; ++n) {
        test_space space;
        set_scene(space, file);
        text_buffer<256> before;
        before.write(space.text(true));
        const u32 committed = vm_committed.load(memory_order::relaxed);
        bool failed;
        int error;
        {
            const fail_nth armed(attr, n);
            error = call(space, file);
            failed = armed.failed();
        }
        if (!failed) {
            EXPECT_EQ(error, 0);
            return n - 1;
        }
        EXPECT_TRUE(error == 0 || error == ENOMEM || error == EAGAIN);
        if (error) {
            EXPECT_TRUE(same(before.view(), space.text(true)));
            EXPECT_EQ(vm_committed.load(memory_order::relaxed), committed);
        }
        check_areas(*space);
    }
}

template <class Call>
u32 fail_each_object(Call call) { return fail_each_point(failslab, call); }
template <class Call>
u32 fail_each_page(Call call) {
    return fail_each_point(the_page_allocator().fail_page_alloc(), call);
}

}  // namespace

TEST(area_failure, mmap) {
    EXPECT_EQ(fail_each_object([](test_space& space, file*) {
        return space.map(20, 2, PROT_RW);
    }), 1u);
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        return space.map(20, 2, PROT_RW, MAP_SHARED | MAP_ANONYMOUS);
    }), 2u);
    // A merge takes nothing.
    EXPECT_EQ(fail_each_object([](test_space& space, file*) {
        return space.map(10, 1, PROT_READ);
    }), 0u);
    // One area becomes three.
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        return space.map(4, 2, PROT_READ);
    }), 3u);
    EXPECT_GE(fail_each_object([](test_space& space, file* file) {
        return space.map(13, 2, PROT_READ, MAP_SHARED, file, 50);
    }), 2u);
}

TEST(area_failure, munmap) {
    const auto middle = [](test_space& space, file*) { return space.unmap(4, 2); };
    const auto whole = [](test_space& space, file*) { return space.unmap(2, 6); };
    EXPECT_EQ(fail_each_object(middle), 2u);
    EXPECT_EQ(fail_each_object(whole), 0u);
}

TEST(area_failure, mprotect_and_madvise) {
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        return space.protect(4, 1, PROT_READ);
    }), 4u);
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        return space.protect(13, 1, PROT_READ);
    }), 2u);
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        return space.advise(4, 1, MADV_DONTFORK);
    }), 4u);
}

TEST(area_failure, mlock) {
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        return do_mlock(*space, test_space::at(4), PAGE_SIZE, MLOCK_ONFAULT).error();
    }), 4u);
}

TEST(area_failure, mremap) {
    const auto move = [](test_space& space, file*) {
        return do_mremap(*space, test_space::at(4), 2 * PAGE_SIZE, 3 * PAGE_SIZE,
                         MREMAP_MAYMOVE | MREMAP_FIXED, 0x20000000)
            .error();
    };
    EXPECT_GE(fail_each_object(move), 6u);
    EXPECT_GE(fail_each_page(move), 1u);  // the page table of the new place
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        return do_mremap(*space, test_space::at(3), 4 * PAGE_SIZE, 4 * PAGE_SIZE,
                         MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0)
            .error();
    }), 2u);
    EXPECT_EQ(fail_each_object([](test_space& space, file*) {
        return do_mremap(*space, test_space::at(12), 4 * PAGE_SIZE, 8 * PAGE_SIZE, 0, 0)
            .error();
    }), 0u);
}

TEST(area_failure, brk_and_stacks) {
    EXPECT_EQ(fail_each_object([](test_space& space, file*) {
        const u32 wanted = space->brk + 5;
        return do_brk(*space, wanted) == wanted ? 0 : ENOMEM;
    }), 1u);
    EXPECT_GE(fail_each_object([](test_space& space, file*) {
        vm_area_struct& area = space.area_at(0);
        area.vm_flags |= VM_GROWSDOWN;
        const int error = expand_stack(area, test_space::at(0) - 1).error();
        const u32 below = test_space::at(0) - PAGE_SIZE;
        if (!error) static_cast<void>(do_munmap(*space, below, PAGE_SIZE));
        area.vm_flags &= ~u32{VM_GROWSDOWN};
        return error;
    }), 2u);
}

TEST(area_failure, dup_mm) {
    const auto copy = [](test_space& space, file*) {
        const result<mm_struct*> child = dup_mm(*space);
        if (child) {
            check_areas(**child);
            mmput(**child);
        }
        return child.error();
    };
    EXPECT_GE(fail_each_object(copy), 7u);
    EXPECT_GE(fail_each_page(copy), 2u);
}
