// Where a random program's operations go, and over how many bytes: mostly where earlier
// ones went, or near, for there something happens.
#pragma once

#include "host-tests/vm/vm_abi.hpp"
#include "host-tests/vm/vm_source.hpp"

class vm_places {
public:
    struct range {
        u32 start;
        u32 length;
    };

    vm_places(vm_source source, const vm_layout& layout)
        : source_(source), layout_(&layout) {
        remember({window() + page(source_.below(32)), page(4)});
    }

protected:
    static constexpr u32 PAGE = 4096;
    static constexpr u32 page(u32 count) { return count * PAGE; }
    static constexpr u32 page_align(u32 size) { return (size + PAGE - 1) & ~(PAGE - 1); }
    bool percent(u32 chance) { return source_.below(100) < chance; }
    template <u32 N>
    u32 one_of(const u32 (&values)[N]) {
        return values[source_.below(N)];
    }

    void remember(range made) {
        if (made.length == 0) return;
        const bool full = remembered_count_ == REMEMBERED;
        remembered_[full ? source_.below(REMEMBERED) : remembered_count_++] = made;
    }
    // Whether there is something to work on.
    bool remembers(u32 count) const { return remembered_count_ >= count; }

    vm_source source_;
    const vm_layout* layout_;

    // ---- where -------------------------------------------------------------------
    // Two free places; one across the border between two page tables; below mmap_base,
    // where areas without an address go; the heap and the stack.
    u32 window() {
        switch (source_.below(8)) {
            case 0:
            case 1: return 0x20000000;
            case 2:
            case 3: return 0x40000000 - page(16);
            case 4: return layout_->mmap_base - page(source_.below(128));
            case 5: return 0x10000;
            case 6: return layout_->start_brk;
            default: return layout_->stack_start - page(one_of({8, 64, 300, 2100}));
        }
    }

    u32 edge() {
        return one_of({0, 0x1000, 0xf000, 0x10000, layout_->task_size - PAGE,
                       layout_->task_size, layout_->task_size + PAGE, 0xfffff000,
                       layout_->mmap_base, layout_->stack_end - PAGE});
    }

    // The start or the end of an earlier area, or near to it.
    u32 near(const range& kept) {
        const u32 pages = kept.length / PAGE;
        const u32 few = page(source_.below(4));
        switch (source_.below(8)) {
            case 0: return kept.start + kept.length;
            case 1: return kept.start + kept.length - page(1) - few;
            case 2: return kept.start - few;
            case 3:
            case 4: return kept.start;
            default:
                return kept.start +
                       page(source_.below(pages > 0 && pages < 64 ? pages : 16));
        }
    }

    const range& any() { return remembered_[source_.below(remembered_count_)]; }

    u32 aligned_address() {
        const u32 roll = source_.below(100);
        if (roll < 80) return near(any());
        if (roll < 98) return window() + page(source_.below(64));
        return edge();
    }

    u32 address() {
        const u32 where = aligned_address();
        return percent(4) ? where + source_.below(PAGE) : where;
    }

    // Where a byte is: often the last of a page, or the first.
    u32 byte_address() {
        const u32 where = aligned_address() & ~(PAGE - 1);
        return where + one_of({0, 1, 0x10, 0x800, PAGE - 1});
    }

    // ---- how much ------------------------------------------------------------------
    // The sizes of G4: 16 MiB and less is little, 1 GiB and more is too much.
    u32 size() {
        const u32 roll = source_.below(200);
        if (roll < 150) return page(1 + source_.below(8));
        if (roll < 180) return page(1 + source_.below(32));
        if (roll < 188) return page(1 + source_.below(8)) - source_.below(PAGE);
        if (roll < 191) return one_of({page(256), page(1024), page(4096)});
        if (roll < 195) return one_of({0x40000000, 0x60000000, 0x80000000, 0xa0000000});
        if (roll < 196) return one_of({0xbff00000, 0xc0000000, 0xfffff000, 0xffffffff});
        return 0;
    }

    u32 small_size() { return page(1 + source_.below(8)); }

    // Mostly all of an earlier area, or a part of it.
    range somewhere() {
        if (percent(15)) return {address(), size()};
        const range& kept = any();
        if (percent(30)) return kept;
        return {near(kept), percent(60) ? page(1 + source_.below(3)) : small_size()};
    }

private:
    static constexpr u32 REMEMBERED = 10;

    u32 remembered_count_ = 0;
    range remembered_[REMEMBERED] = {};
};
