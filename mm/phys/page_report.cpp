#include "mm/phys/page_report.hpp"

#include "lib/log.hpp"
#include "lib/symbol.hpp"
#include "mm/phys/page_allocator.hpp"

namespace {

constexpr const char* names[] = {
    "double free",
    "free of a reserved page",
    "free of a page inside a block",
    "free with the wrong order",
    "free of a page still in use",
    "free of a page still mapped",
    "reference count underflow",
    "free of what is no page",
    "a free page's state was overwritten",
    "use after free",
    "free of another number of pages",
};

}  // namespace

const char* page_bug_name(page_bug bug) { return names[static_cast<unsigned>(bug)]; }

void report_bad_page(const page_report& report) {
    pr_err("BUG: {}: frame {:#x}, order {}", page_bug_name(report.bug), report.frame.raw(),
           report.order);
    if (report.bug != page_bug::outside) {
        const page& page = *report.where;
        const u32 flags = page.flags;
        pr_err("  flags {:#x}: {}", flags, page_flags_text{flags});
        pr_err("  zone {}, order {}, type {}", zone_name(page_zonenum(page)), page_order(page),
               migrate_type_name(page_migrate_type(page)));
        pr_err("  refcount {}, mapcount {}, mapping {}, private {:#x}", page_count(page),
               page._mapcount.load(memory_order::relaxed),
               static_cast<const void*>(page.mapping), page.private_);
    }
    pr_err("  found at {}", code_address{report.caller});
    if (report.owner) {
        if (report.owner->allocated_by)
            pr_err("  last allocated by {}, {}", code_address{report.owner->allocated_by},
                   report.owner->mask);
        if (report.owner->freed_by)
            pr_err("  last freed by {}", code_address{report.owner->freed_by});
    }
    dump_stack();
}

void page_allocator::report(page_bug bug, const page* page, unsigned order, uintptr_t caller) {
    const pfn frame = bug == page_bug::outside ? pfn() : frame_of(page);
    report_({.bug = bug,
             .frame = frame,
             .where = page,
             .order = order,
             .caller = caller,
             .owner = bug == page_bug::outside ? nullptr : owner(frame)});
}

// With dear checks: who has it now, or who had it; and what a free frame holds.
void page_allocator::note_owner(page* head, unsigned order, uintptr_t caller, gfp_t mask) {
    if (!owners_) return;
    page_owner* const first = owners_ + frame_of(head).raw();
    for (page_owner* owner = first; owner < first + (1u << order); ++owner) {
        owner->allocated_by = caller;
        owner->mask = mask;
    }
}

void page_allocator::note_freed(page* head, unsigned order, uintptr_t caller) {
    if (!owners_) return;
    if (memory_) memory_->fill(frame_of(head), 1u << order, PAGE_POISON);
    page_owner* const first = owners_ + frame_of(head).raw();
    for (page_owner* owner = first; owner < first + (1u << order); ++owner)
        owner->freed_by = caller;
}

// What was freed is poisoned. What nobody had since boot is not: to fill all of a
// large machine would take longer than all the rest.
void page_allocator::check_unchanged(page* head, unsigned order, uintptr_t caller) {
    if (!owners_ || !memory_) return;
    for (page* page = head; page < head + (1u << order); ++page) {
        if (!owner(frame_of(page))->freed_by) continue;
        if (!memory_->find_other(frame_of(page), 1, PAGE_POISON)) continue;
        return report(page_bug::use_after_free, page, order, caller);
    }
}
