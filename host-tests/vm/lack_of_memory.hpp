// A program with some of everything, for which memory runs out at each point of a call.
//
//     fail_each(body)     runs it on a fresh scene with the first, the second ... page
//                         failing, until it asks for no more; then the same with objects
//
// A call that fails has changed nothing that a program or /proc could see, and succeeds
// when it is made again. What it may leave behind is said.
#pragma once

#include "host-tests/vm/space.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm.hpp"

#include <test.hpp>

#include <functional>
#include <sstream>

namespace lack_of_memory_detail {

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
             struct file* file = nullptr, u32 pgoff = 0) {
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

inline u32 fail_each(fault_attr& attr, const call& body, left_behind leaves, int answer) {
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
inline points fail_each(const call& body, left_behind leaves = left_behind::nothing,
                 int answer = ENOMEM) {
    return {fail_each(the_page_allocator().fail_page_alloc(), body, leaves, answer),
            fail_each(failslab, body, leaves, answer)};
}

inline int error_of(const fault_outcome& outcome) {
    if (outcome) return 0;
    return outcome.what == fault_outcome::out_of_memory ? ENOMEM : EFAULT;
}

}  // namespace lack_of_memory_detail
