// Memory runs out at each point of each call, once for pages and once for objects
// (lack_of_memory.hpp). What calls are allowed to leave behind stands with them.
#include "host-tests/vm/lack_of_memory.hpp"
#include "mm/vm/user_access.hpp"

using namespace lack_of_memory_detail;

namespace {

class lack_of_memory : public vm_test {};

}  // namespace

// ---- areas -----------------------------------------------------------------------------

TEST_F(lack_of_memory, mmap) {
    const auto map = [](u32 address, u32 pages, u32 flags) {
        return [=](scene& s) {
            file* const file = flags & MAP_ANONYMOUS ? nullptr : s.file();
            return do_mmap(s.mm(), address, bytes_of(pages), read_write, flags, file, 0)
                .error();
        };
    };
    EXPECT_EQ(fail_each(map(0, 3, anonymous)).objects, 1u);
    EXPECT_EQ(fail_each(map(0, 3, MAP_PRIVATE)).objects, 1u);
    EXPECT_EQ(fail_each(map(0, 3, MAP_SHARED)).objects, 1u);
    EXPECT_GE(fail_each(map(0, 3, MAP_SHARED | MAP_ANONYMOUS)).objects, 2u);
    // Over the middle of an area, which becomes two.
    EXPECT_GE(fail_each(map(at(1), 2, anonymous | MAP_FIXED)).objects, 3u);
    EXPECT_GE(fail_each(map(at(13), 2, MAP_SHARED | MAP_FIXED)).objects, 3u);
    EXPECT_GE(fail_each(map(at(1), 2, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED)).objects, 4u);
}

// What cannot be faulted in at once is faulted in when it is touched: no reason to fail.
TEST_F(lack_of_memory, mmap_with_all_its_pages) {
    for (const u32 flags : {u32{MAP_POPULATE}, u32{MAP_LOCKED}})
        for (const u32 type : {anonymous, u32{MAP_PRIVATE}, u32{MAP_SHARED}}) {
            const points failed = fail_each([=](scene& s) {
                file* const file = type & MAP_ANONYMOUS ? nullptr : s.file();
                const result<u32> mapped = do_mmap(s.mm(), far, bytes_of(3), read_write,
                                                   type | flags | MAP_FIXED, file, 8);
                if (!mapped) return mapped.error();
                for (u32 i = 0; i < 3; ++i) EXPECT_TRUE(s.write(far + bytes_of(i)));
                return 0;
            });
            EXPECT_GE(failed.pages, 1u);
            EXPECT_GE(failed.objects, 1u);
        }
}

TEST_F(lack_of_memory, munmap) {
    const auto unmap = [](u32 page, u32 pages) {
        return [=](scene& s) {
            return do_munmap(s.mm(), at(page), bytes_of(pages)).error();
        };
    };
    EXPECT_EQ(fail_each(unmap(1, 2)).objects, 2u);
    EXPECT_EQ(fail_each(unmap(13, 2)).objects, 2u);
    EXPECT_EQ(fail_each(unmap(17, 2)).objects, 1u);
    EXPECT_EQ(fail_each(unmap(2, 20)).objects, 0u);
}

TEST_F(lack_of_memory, mprotect) {
    const auto protect = [](u32 page, u32 pages, u32 prot) {
        return [=](scene& s) {
            return do_mprotect(s.mm(), at(page), bytes_of(pages), prot).error();
        };
    };
    EXPECT_EQ(fail_each(protect(1, 2, PROT_READ)).objects, 4u);
    EXPECT_EQ(fail_each(protect(1, 2, PROT_NONE)).objects, 4u);
    EXPECT_EQ(fail_each(protect(9, 2, read_write)).objects, 2u);
    EXPECT_EQ(fail_each(protect(17, 2, PROT_READ)).objects, 2u);
    EXPECT_EQ(fail_each(protect(13, 3, PROT_READ)).objects, 2u);
}

TEST_F(lack_of_memory, madvise) {
    const auto advise = [](u32 page, u32 pages, s32 advice) {
        return [=](scene& s) {
            return do_madvise(s.mm(), at(page), bytes_of(pages), advice).error();
        };
    };
    // ENOMEM would be a hole.
    const auto fail_flag = [](const call& body) {
        return fail_each(body, left_behind::nothing, EAGAIN).objects;
    };
    EXPECT_EQ(fail_flag(advise(1, 2, MADV_DONTFORK)), 4u);
    EXPECT_EQ(fail_flag(advise(1, 2, MADV_WIPEONFORK)), 4u);
    EXPECT_EQ(fail_flag(advise(17, 2, MADV_RANDOM)), 2u);
    for (const s32 advice : {MADV_DONTNEED, MADV_FREE, MADV_WILLNEED, MADV_COLD}) {
        const points failed = fail_each(advise(0, 4, advice));
        EXPECT_EQ(failed.pages + failed.objects, 0u);
    }
    EXPECT_EQ(fail_each(advise(16, 4, MADV_REMOVE)).objects, 0u);
    EXPECT_GE(fail_each(advise(4, 3, MADV_POPULATE_WRITE), left_behind::pages).pages, 3u);
    EXPECT_GE(fail_each(advise(17, 3, MADV_POPULATE_READ), left_behind::pages).pages, 3u);
}

// Locking is two things, of which the first stays if the second fails: areas are locked,
// and then their pages are brought in.
TEST_F(lack_of_memory, mlock) {
    const auto lock = [](u32 page, u32 pages, u32 flags) {
        return [=](scene& s) {
            return do_mlock(s.mm(), at(page), bytes_of(pages), flags).error();
        };
    };
    EXPECT_EQ(fail_each(lock(1, 2, MLOCK_ONFAULT)).objects, 4u);
    EXPECT_EQ(fail_each(lock(1, 2, 0)).objects, 4u);
    EXPECT_GE(fail_each(lock(0, 8, 0), left_behind::all_but_pages, EAGAIN).pages, 4u);
    EXPECT_GE(fail_each(lock(16, 4, 0), left_behind::all_but_pages, EAGAIN).pages, 3u);
    const points all =
        fail_each([](scene& s) { return do_mlockall(s.mm(), MCL_CURRENT).error(); });
    EXPECT_GE(all.pages, 8u);
    EXPECT_EQ(fail_each([](scene& s) {
        const result<> locked = do_mlock(s.mm(), at(0), bytes_of(8), MLOCK_ONFAULT);
        if (!locked) return locked.error();
        return do_munlock(s.mm(), at(1), bytes_of(2)).error();
    }, left_behind::all_but_pages).objects, 4u);
}

// ---- what moves ------------------------------------------------------------------------

TEST_F(lack_of_memory, mremap) {
    const auto remap = [](u32 page, u32 pages, u32 wanted, u32 flags, u32 to = 0) {
        return [=](scene& s) {
            return do_mremap(s.mm(), at(page), bytes_of(pages), bytes_of(wanted), flags, to)
                .error();
        };
    };
    constexpr u32 fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    points failed = fail_each(remap(0, 8, 12, MREMAP_MAYMOVE));
    EXPECT_GE(failed.objects, 2u);
    EXPECT_GE(failed.pages, 1u);
    // A part of an area, to where there is no page table.
    failed = fail_each(remap(1, 2, 2, fixed, far));
    EXPECT_GE(failed.objects, 6u);
    EXPECT_GE(failed.pages, 1u);
    // Across the border of two page tables: one is there, and the other one is not.
    failed = fail_each(remap(0, 4, 4, fixed, far + PMD_SIZE - 2 * PAGE_SIZE));
    EXPECT_GE(failed.pages, 2u);
    EXPECT_GE(fail_each(remap(12, 4, 4, fixed, far)).objects, 2u);
    EXPECT_GE(fail_each(remap(16, 4, 6, fixed, far)).objects, 1u);
    EXPECT_GE(fail_each(remap(16, 0, 4, MREMAP_MAYMOVE)).objects, 1u);
    EXPECT_GE(fail_each(remap(0, 8, 8, MREMAP_MAYMOVE | MREMAP_DONTUNMAP)).objects, 2u);
    EXPECT_EQ(fail_each(remap(20, 4, 8, 0)).objects, 0u);  // in place
    EXPECT_EQ(fail_each(remap(0, 8, 2, 0)).objects, 0u);   // shorter
    EXPECT_EQ(fail_each(remap(600, 4, 4, fixed, far)).objects, 2u);
}

TEST_F(lack_of_memory, brk) {
    const auto move_break = [](u32 from, u32 to) {
        return [=](scene& s) {
            if (from && do_brk(s.mm(), from) != from) return ENOMEM;
            return do_brk(s.mm(), to) == to ? 0 : ENOMEM;
        };
    };
    EXPECT_EQ(fail_each(move_break(0, heap + bytes_of(5))).objects, 0u);
    EXPECT_EQ(fail_each(move_break(0, heap + 5)).objects, 0u);
    // The heap goes, and comes again.
    const call anew = move_break(heap, heap + bytes_of(3));
    EXPECT_EQ(fail_each(anew, left_behind::all_but_pages).objects, 1u);
}

// ---- fork ------------------------------------------------------------------------------

TEST_F(lack_of_memory, fork) {
    const points failed = fail_each([](scene& s) {
        const result<mm_struct*> child = dup_mm(s.mm());
        if (!child) return child.error();
        check_areas(**child);
        check_pages(**child);
        mmput(**child);
        return 0;
    });
    EXPECT_GE(failed.pages, 3u);
    EXPECT_GE(failed.objects, 20u);
}

// ---- faults ----------------------------------------------------------------------------

TEST_F(lack_of_memory, faults) {
    const auto write = [](u32 address) {
        return [=](scene& s) { return error_of(s.write(address)); };
    };
    const auto read = [](u32 address) {
        return [=](scene& s) {
            u8 byte;
            return error_of(s.cpu().read(address, &byte, 1));
        };
    };
    EXPECT_EQ(fail_each(write(at(4))).pages, 1u);
    EXPECT_EQ(fail_each(read(at(4))).pages, 0u);
    EXPECT_EQ(fail_each(read(at(8))).pages, 0u);
    EXPECT_EQ(fail_each(write(at(13))).pages, 2u);  // the file's, and its copy
    EXPECT_EQ(fail_each(read(at(14))).pages, 1u);
    EXPECT_EQ(fail_each(write(at(17))).pages, 1u);
    EXPECT_EQ(fail_each(write(at(21))).pages, 1u);
    // The stack has grown by then, and stays so.
    EXPECT_EQ(fail_each(write(at(599)), left_behind::all_but_pages).pages, 1u);
}

// In an area that nobody has touched: page table, anon_vma, page.
TEST_F(lack_of_memory, first_faults) {
    const auto touch = [](u32 flags, bool write) {
        return [=](scene& s) {
            file* const file = flags & MAP_ANONYMOUS ? nullptr : s.file();
            if (!find_vma_intersection(s.mm(), far, far + 1)) {
                const result<u32> mapped = do_mmap(s.mm(), far, bytes_of(2), read_write,
                                                   flags | MAP_FIXED, file, 8);
                if (!mapped) return mapped.error();
            }
            u8 byte = 7;
            return error_of(write ? s.cpu().write(far, &byte, 1)
                                  : s.cpu().read(far, &byte, 1));
        };
    };
    for (const bool write : {false, true})
        for (const u32 flags : {anonymous, u32{MAP_PRIVATE}, u32{MAP_SHARED},
                                u32{MAP_SHARED | MAP_ANONYMOUS}}) {
            const points failed =
                fail_each(touch(flags, write), left_behind::all_but_pages);
            EXPECT_GE(failed.pages, 1u + (write || flags != anonymous));
            EXPECT_GE(failed.objects, 1u);
        }
}

TEST_F(lack_of_memory, copies_on_write) {
    const auto copy = [](bool by_child) {
        return [=](scene& s) {
            const result<mm_struct*> child = dup_mm(s.mm());
            if (!child) return child.error();
            use_mm(by_child ? *child : &s.mm());
            const u8 value = scene::byte_of(at(2));
            const int error = error_of(the_software_cpu().write(at(2), &value, 1));
            check_pages(**child);
            use_mm(nullptr);
            mmput(**child);
            return error;
        };
    };
    EXPECT_GE(fail_each(copy(false)).pages, 4u);
    EXPECT_GE(fail_each(copy(true)).pages, 4u);
}

// ---- the kernel at a user's address ----------------------------------------------------

// What could be had before the page that could not is had, to the byte.
TEST_F(lack_of_memory, copies_to_and_from_users) {
    constexpr u32 bytes = 3 * PAGE_SIZE - 200;
    static u8 buffer[bytes];
    const auto of = [](u32 missing, u32 first) {
        const u32 had = bytes - missing;
        EXPECT_TRUE(missing == 0 || had == 0 || (had + first) % PAGE_SIZE == 0) << missing;
        return missing ? ENOMEM : 0;
    };
    EXPECT_EQ(fail_each([&](scene& s) {
        s.cpu();
        return of(copy_to_user(user_ptr<void>(at(4) + 100), buffer, bytes), 100);
    }, left_behind::pages).pages, 3u);
    EXPECT_EQ(fail_each([&](scene& s) {
        s.cpu();
        return of(clear_user(user_ptr<void>(at(4) + 100), bytes), 100);
    }, left_behind::pages).pages, 3u);
    EXPECT_EQ(fail_each([&](scene& s) {
        s.cpu();
        return of(copy_from_user(buffer, user_ptr<const void>(at(17) + 100), bytes), 100);
    }, left_behind::pages).pages, 3u);
    EXPECT_EQ(fail_each([&](scene& s) {
        s.cpu();
        char text[8];
        const auto length = strncpy_from_user(text, user_ptr<const char>(at(19) - 4), 8);
        return length ? 0 : ENOMEM;
    }, left_behind::pages).pages, 1u);
}
