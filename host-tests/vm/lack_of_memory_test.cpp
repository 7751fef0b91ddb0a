// Memory runs out at each point of each call, once for pages and once for objects: the call
// that fails has changed nothing that a program or /proc could see, and succeeds when it
// is made again. What calls are allowed to leave behind stands with them.
#include "host-tests/vm/space.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/user_access.hpp"

#include <test.hpp>

#include <functional>
#include <sstream>

namespace {

constexpr u32 base = 0x20000000;
constexpr u32 far = 0x50000000;  // where there is no page table yet
constexpr u32 heap = 0x08100000;
constexpr u32 read_write = PROT_READ | PROT_WRITE;
constexpr u32 anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr u32 bytes_of(u32 pages) { return pages * PAGE_SIZE; }
constexpr u32 at(u32 page) { return base + bytes_of(page); }

// A program with some of everything:
//
//      pages  0 -  7  anonymous, the first four written
//             8 - 11  anonymous, may be read
//            12 - 15  of the file, private, the first one written
//            16 - 19  of the file, shared, the first one written; behind it there is a hole
//            20 - 23  shared memory without a name, the first page written
//           600 - 603 a stack, its last page written
//      the heap       two pages, written
class scene {
public:
    scene() : mm_(mm_alloc()), file_(*memory_file::create("lack of memory")) {
        mm_->start_brk = mm_->brk = heap;
        mm_->start_stack = 0xbffff000;
        EXPECT_TRUE(file_->truncate(bytes_of(20)));
        map(0, 8, read_write);
        map(8, 4, PROT_READ);
        map(12, 4, read_write, MAP_PRIVATE, file_);
        map(16, 4, read_write, MAP_SHARED, file_, 4);
        map(20, 4, read_write, MAP_SHARED | MAP_ANONYMOUS);
        map(600, 4, read_write, anonymous | MAP_GROWSDOWN);
        EXPECT_EQ(do_brk(*mm_, heap + bytes_of(2)), heap + bytes_of(2));
        for (const u32 page : {0, 1, 2, 3, 12, 16, 20, 603}) write(at(page));
        write(heap);
        write(heap + PAGE_SIZE);
    }
    ~scene() {
        check();
        use_mm(nullptr);
        mmput(*mm_);
        fput(file_);
    }
    mm_struct& mm() { return *mm_; }
    memory_file* file() { return file_; }
    software_cpu& cpu() {
        use_mm(mm_);
        return the_software_cpu();
    }
    // Of each page the number of its own.
    fault_outcome write(u32 address) {
        const u8 value = byte_of(address);
        return cpu().write(address, &value, 1);
    }
    static u8 byte_of(u32 address) {
        return static_cast<u8>(1 + (address >> PAGE_SHIFT) % 251);
    }

    void check() {
        check_areas(*mm_);
        check_pages(*mm_);
    }
    // The areas, and what is counted of them.
    std::string areas() {
        std::ostringstream text;
        text << std::hex;
        for (const vm_area_struct* area = mm_->mmap; area; area = area->vm_next)
            text << area->vm_start << '-' << area->vm_end << ' ' << area->vm_flags << ' '
                 << area->vm_pgoff << ' ' << (area->vm_file == file_) << '\n';
        text << "map_count " << mm_->map_count << " total " << mm_->total_vm << " data "
             << mm_->data_vm << " exec " << mm_->exec_vm << " stack " << mm_->stack_vm
             << " locked " << mm_->locked_vm << " brk " << mm_->brk << " committed "
             << vm_committed.load() << '\n';
        return text.str();
    }
    // And what is mapped in them, to the byte.
    std::string all() {
        std::ostringstream text;
        text << areas() << std::hex;
        for (const atomic<u32>& pages : mm_->rss) text << "rss " << pages.load() << '\n';
        for_each_table(*mm_, 0, TASK_SIZE, [&](pmd_t* pmd, u32 start, u32 end) {
            const mapped_table table(*pmd, start);
            for (u32 page = start; page < end; page += PAGE_SIZE) {
                const u32 index = (page - start) >> PAGE_SHIFT;
                const pte_entry entry = read_entry(table.first()[index]);
                if (!kernel_format::has_frame(entry)) continue;
                const u64 frame = kernel_format::address(entry, 0) >> PAGE_SHIFT;
                const u8* const bytes = frame_contents(pfn(static_cast<u32>(frame)));
                text << page << ' ' << u32{*bytes} << '\n';
            }
        });
        return text.str();
    }

private:
    void map(u32 page, u32 pages, u32 prot, u32 flags = anonymous,
             struct file* file = nullptr,
             u32 pgoff = 0) {
        EXPECT_TRUE(do_mmap(*mm_, at(page), bytes_of(pages), prot, flags | MAP_FIXED, file,
                            pgoff));
    }

    mm_struct* const mm_;
    memory_file* const file_;
};

// Answers an errno.
using call = std::function<int(scene&)>;

enum class left_behind : u8 {
    nothing,
    pages,  // those that were faulted in before it ended
    all_but_pages,  // the areas are changed, and some pages are missing
};

u32 fail_each(fault_attr& attr, const call& body, left_behind leaves, int answer) {
    for (u32 n = 1;; ++n) {
        SCOPED_TRACE(testing::Message() << attr.name() << " " << n);
        scene s;
        const std::string before = leaves == left_behind::nothing ? s.all() : s.areas();
        int error;
        bool failed;
        {
            const fail_nth armed(attr, n);
            error = body(s);
            failed = armed.failed();
        }
        s.check();
        if (!failed) {
            EXPECT_EQ(error, 0);
            return n - 1;
        }
        if (error == 0) continue;
        EXPECT_EQ(error, answer);
        if (leaves != left_behind::all_but_pages) {
            EXPECT_EQ(leaves == left_behind::nothing ? s.all() : s.areas(), before);
        }
        EXPECT_EQ(body(s), 0) << "the second time";
        s.check();
    }
}

struct points {
    u32 pages, objects;
};
points fail_each(const call& body, left_behind leaves = left_behind::nothing,
                 int answer = ENOMEM) {
    return {fail_each(the_page_allocator().fail_page_alloc(), body, leaves, answer),
            fail_each(failslab, body, leaves, answer)};
}

int error_of(const fault_outcome& outcome) {
    if (outcome) return 0;
    return outcome.what == fault_outcome::out_of_memory ? ENOMEM : EFAULT;
}

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
