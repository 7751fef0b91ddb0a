#include "mm/vm/user_tables.hpp"

#include "arch/i386/tlb.hpp"
#include "lib/boot_param.hpp"
#include "lib/log.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/kmem_cache.hpp"
#include "mm/vm/clean_tables.hpp"
#include "mm/vm/space_machine.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/zero_page.hpp"

constinit page* zero_page = nullptr;
constinit pfn zero_pfn;

namespace {

using F = kernel_format;

constexpr u32 top_bytes = F::entries(F::levels - 1) * sizeof(pgd_t);
// PAE's top table: CR3 has room for a multiple of 32 below 4 GiB (Intel SDM vol. 3, 4.4.1).
constexpr bool top_is_small = top_bytes < PAGE_SIZE;

constinit kmem_cache* pgd_cache = nullptr;
constinit bool low_tables = false;

pgd_t* alloc_top() {
    void* const room = top_is_small ? kmem_cache_zalloc(pgd_cache, GFP_KERNEL)
                                    : get_zeroed_page(GFP_KERNEL);
    return static_cast<pgd_t*>(room);
}
void free_top(pgd_t* top) {
    if (top_is_small) kmem_cache_free(pgd_cache, top);
    else free_page(top);
}

page* new_table(bool may_be_high) {
    page* const kept = take_clean_table(may_be_high);
    return kept ? kept : alloc_page((may_be_high ? GFP_HIGHUSER : GFP_KERNEL) | __GFP_ZERO);
}

// Puts a table into an entry that leads nowhere yet. Somebody else was faster: it goes.
template <unsigned Level>
bool install(mm_struct& mm, table_entry<F, Level>& slot, page* table) {
    {
        const lock_guard held(mm.page_table_lock);
        if (slot.none()) {
            F::fill(slot.raw, F::table(page_to_phys(table).raw(), Level));
            mm.pgtables_bytes.fetch_add(PAGE_SIZE, memory_order::relaxed);
            return true;
        }
    }
    free_clean_table(table);
    return false;
}

// The CPU keeps the top entries, absent ones too, until it is told.
pmd_t* pmd_alloc(mm_struct& mm, u32 address) {
    const user_page_table tables = tables_of(mm);
    pgd_t* const pgd = tables.pgd_offset(address);
    if (user_page_table::pgd_none(*pgd)) {
        page* const directory = new_table(false);
        if (!directory) return nullptr;
        if (install(mm, *pgd, directory)) flush_tlb_top_entries(&mm);
    }
    return tables.pmd_offset(pgd, address);
}

}  // namespace

bool user_pages_init() {
    if (zero_page) return true;
    if (top_is_small) {
        pgd_cache = kmem_cache_create("pgd", top_bytes, top_bytes, 0, nullptr);
        if (!pgd_cache) return false;
    }
    if (F::levels == 3 && !reads_high_page_tables()) {
        low_tables = true;
        pr_info("user page tables: in low memory, this emulator finds no others");
    }
    clean_tables_init();
    zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
    if (zero_page) zero_pfn = page_to_pfn(zero_page);
    return zero_page != nullptr;
}

bool mm_alloc_pgd(mm_struct& mm) {
    mm.top.pgd = alloc_top();
    if (!mm.top.pgd) return false;
    share_kernel_part(mm.top);
    return true;
}

void mm_free_pgd(mm_struct& mm) {
    const u32 bytes = mm.pgtables_bytes.load(memory_order::relaxed);
    kassert(bytes == 0, "{} bytes of page tables are left", bytes);
    unshare_kernel_part(mm.top);
    free_top(mm.top.pgd);
    mm.top.pgd = nullptr;
}

pmd_t* pte_alloc(mm_struct& mm, u32 address) {
    pmd_t* const pmd = pmd_alloc(mm, address);
    if (!pmd || !pmd->none()) return pmd;
    page* const table = new_table(!low_tables);
    if (!table) return nullptr;
    install(mm, *pmd, table);
    return pmd;
}

pte_entry entry_at(const mm_struct& mm, u32 address) {
    const pmd_t* const pmd = pmd_at(mm, address);
    if (!pmd || pmd->none()) return 0;
    return read_entry(*mapped_table(*pmd, address).first());
}

u32 get_mm_rss(const mm_struct& mm) {
    u32 sum = 0;
    for (const atomic<u32>& count : mm.rss) sum += count.load(memory_order::relaxed);
    return sum;
}

rss_change::~rss_change() {
    s32 sum = 0;
    for (const s32 change : change_) sum += change;
    if (sum < 0) mm_.hiwater_rss = max_of(mm_.hiwater_rss, get_mm_rss(mm_));
    for (u32 kind = 0; kind < rss_kinds; ++kind)
        if (change_[kind])
            mm_.rss[kind].fetch_add(static_cast<u32>(change_[kind]), memory_order::relaxed);
}

REGISTER(boot_param, userpte_param) = {
    .name = "userpte",
    .help = "nohigh: users' page tables in low memory",
    .set = [](std::string_view value) { return value == "nohigh" && (low_tables = true); },
};
