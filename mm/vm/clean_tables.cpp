#include "mm/vm/clean_tables.hpp"

#include "lib/spinlock.hpp"
#include "mm/map/kmap.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/shrinker.hpp"
#include "mm/phys/vmstat.hpp"

namespace {

constinit irq_spinlock kept_lock{"clean page tables"};
constinit page_list kept_low GUARDED_BY(kept_lock);
constinit page_list kept_high GUARDED_BY(kept_lock);
constinit u32 most_kept = 0;

page* take_locked(page_list& from) REQUIRES(kept_lock) {
    page* const table = from.pop_front();
    if (table) vm_counters.clean_tables -= 1;
    return table;
}

page* take_any() {
    const lock_guard held(kept_lock);
    page* const low = take_locked(kept_low);
    return low ? low : take_locked(kept_high);
}

bool keep(page* table) {
    const lock_guard held(kept_lock);
    if (vm_counters.clean_tables >= most_kept) return false;
    (PageHighMem(*table) ? kept_high : kept_low).push_front(*table);
    vm_counters.clean_tables += 1;
    return true;
}

bool is_clean(page* table) {
    const u32* const words = static_cast<const u32*>(kmap_atomic(table));
    u32 set = 0;
    for (u32 i = 0; i < PAGE_SIZE / sizeof(u32); ++i) set |= words[i];
    kunmap_atomic(words);
    return set == 0;
}

class table_shrinker final : public shrinker {
public:
    constexpr table_shrinker() : shrinker("clean page tables") {}
    u32 count(gfp_t) override { return vm_counters.clean_tables; }
    u32 scan(u32, gfp_t) override { return drain_clean_tables(); }
};
constinit table_shrinker kept_tables;

}  // namespace

void clean_tables_init() {
    most_kept = min_of(max_kept_tables, the_page_allocator().managed_pages() / 256);
    the_shrinkers().add(kept_tables);
}

page* take_clean_table(bool may_be_high) {
    if (the_page_allocator().fail_page_alloc().armed()) return nullptr;
    const lock_guard held(kept_lock);
    page* const high = may_be_high ? take_locked(kept_high) : nullptr;
    return high ? high : take_locked(kept_low);
}

void free_clean_table(page* table) {
    kdebug_assert(is_clean(table), "page table {:#x} is not empty", page_to_phys(table).raw());
    if (!keep(table)) __free_page(table);
}

u32 drain_clean_tables() {
    u32 pages = 0;
    for (; page* const table = take_any(); ++pages) __free_page(table);
    return pages;
}
