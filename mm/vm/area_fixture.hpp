// For tests of areas: an address space of the test's own, and what it looks like.
//
//     test_space space;                        nothing is mapped
//     space.map(4, 2, PROT_READ);              pages 4 and 5 of the window, anonymous
//     EXPECT_STREQ(space.text(), "4-6 r--p");
//
// Pages are numbered from `base` on. Letters behind the rights: L locked, O on faults only,
// G a stack, N not reserved, A accounted, D not for a child, W wiped for it, R and S read at
// random and in sequence, X not for dumps.
#pragma once

#include "mm/cache/file.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

class test_space {
public:
    static constexpr u32 base = 0x10000000;
    static constexpr u32 at(u32 page) { return base + page * PAGE_SIZE; }
    static constexpr u32 bytes(u32 pages) { return pages * PAGE_SIZE; }

    test_space() : test_space(mm_alloc()) {
        mm_->start_stack = 0xBFFFF000;
        mm_->start_brk = mm_->brk = 0x08100000;
    }
    explicit test_space(mm_struct* mm) : mm_(mm) {
        kassert(mm_, "no memory for a test's address space");
    }
    ~test_space() {
        check_areas(*mm_);
        check_pages(*mm_);
        mmput(*mm_);
    }
    test_space(const test_space&) = delete;
    test_space& operator=(const test_space&) = delete;

    mm_struct& operator*() { return *mm_; }
    mm_struct* operator->() { return mm_; }

    // The errno; 0: it worked, at the place that was asked for.
    int map(u32 page, u32 pages, u32 prot, u32 flags = MAP_PRIVATE | MAP_ANONYMOUS,
            file* file = nullptr, u32 pgoff = 0) {
        const result<u32> mapped =
            do_mmap(*mm_, at(page), bytes(pages), prot, flags | MAP_FIXED, file, pgoff);
        kassert(!mapped || *mapped == at(page), "mapped at {:#x}", *mapped);
        return mapped.error();
    }
    int unmap(u32 page, u32 pages) { return do_munmap(*mm_, at(page), bytes(pages)).error(); }
    int protect(u32 page, u32 pages, u32 prot) {
        return do_mprotect(*mm_, at(page), bytes(pages), prot).error();
    }
    int advise(u32 page, u32 pages, s32 advice) {
        return do_madvise(*mm_, at(page), bytes(pages), advice).error();
    }
    vm_area_struct& area_at(u32 page) {
        vm_area_struct* const area = find_vma(*mm_, at(page));
        kassert(area && area->vm_start <= at(page), "no area at page {}", page);
        return *area;
    }
    // As if one of its pages had been written.
    struct anon_vma* touch(u32 page) {
        const result<> prepared = anon_vma_prepare(area_at(page), nullptr);
        kassert(prepared, "no memory for an anon_vma");
        return area_at(page).anon_vma;
    }

    // Its areas, with dear checks of them; good until the next call.
    const char* text(bool with_account = false) {
        check_areas(*mm_);
        text_buffer<sizeof text_ - 1> out;
        for (const vm_area_struct* area = mm_->mmap; area; area = area->vm_next) {
            if (area->vm_prev) out.write(", ");
            write_area(out, *area, with_account);
        }
        size_t length = 0;
        for (const char c : out.view()) text_[length++] = c;
        text_[length] = 0;
        return text_;
    }

private:
    static void write_area(text_sink& out, const vm_area_struct& area, bool with_account) {
        struct letter {
            u32 flag;
            char shown;
        };
        constexpr letter letters[] = {
            {VM_LOCKED, 'L'},      {VM_LOCKONFAULT, 'O'}, {VM_GROWSDOWN, 'G'},
            {VM_NORESERVE, 'N'},   {VM_DONTCOPY, 'D'},    {VM_WIPEONFORK, 'W'},
            {VM_RAND_READ, 'R'},   {VM_SEQ_READ, 'S'},    {VM_DONTDUMP, 'X'},
        };
        format_to(out, "{}-{} {}{}{}{}", (area.vm_start - base) >> PAGE_SHIFT,
                  (area.vm_end - base) >> PAGE_SHIFT, area.vm_flags & VM_READ ? 'r' : '-',
                  area.vm_flags & VM_WRITE ? 'w' : '-', area.vm_flags & VM_EXEC ? 'x' : '-',
                  area.vm_flags & VM_MAYSHARE ? 's' : 'p');
        for (const letter& letter : letters)
            if (area.vm_flags & letter.flag) out.put(letter.shown);
        if (with_account && area.vm_flags & VM_ACCOUNT) out.put('A');
    }

    mm_struct* const mm_;
    char text_[512];
};

inline constexpr u32 PROT_RW = PROT_READ | PROT_WRITE;
inline constexpr u32 anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

// A file in memory for as long as the test.
struct test_file {
    test_file() : made(memory_file::create("test file")) {
        kassert(made, "no memory for a test's file");
    }
    ~test_file() { fput(*made); }
    operator file*() { return *made; }
    memory_file* operator->() { return *made; }

    result<memory_file*> made;
};

// While this lives, a setting of the whole kernel is another one.
template <class T>
class set_for_test {
public:
    set_for_test(T& setting, T value) : setting_(setting), before_(setting) { setting = value; }
    ~set_for_test() { setting_ = before_; }

private:
    T& setting_;
    const T before_;
};
