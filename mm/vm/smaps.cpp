#include "mm/vm/smaps.hpp"

#include "mm/vm/maps.hpp"
#include "mm/vm/user_tables.hpp"

namespace {

using F = kernel_format;

void count_page(smaps_stats& stats, const page& page, pte_entry entry, bool locked) {
    const u32 sharers = page_mapcount(page);
    const bool dirty = F::dirty(entry) || PageDirty(page);
    const u64 share = (u64{PAGE_SIZE} << smaps_stats::pss_shift) / max_of(sharers, 1u);
    stats.resident += PAGE_SIZE;
    stats.pss += share;
    if (dirty) stats.pss_dirty += share;
    if (locked) stats.pss_locked += share;
    if (sharers > 1) (dirty ? stats.shared_dirty : stats.shared_clean) += PAGE_SIZE;
    else (dirty ? stats.private_dirty : stats.private_clean) += PAGE_SIZE;
    if (F::accessed(entry) || page_test(page, PG_referenced)) stats.referenced += PAGE_SIZE;
    if (!PageAnon(page)) return;
    stats.anonymous += PAGE_SIZE;
    if (!PageSwapBacked(page) && !dirty) stats.lazyfree += PAGE_SIZE;
}

void put_kb(text_sink& out, const char* name, u64 bytes) {
    format_to(out, "{:<16}{:8} kB\n", name, bytes >> 10);
}

constexpr struct {
    u32 flag;
    const char* name;
} flag_names[] = {
    {VM_READ, "rd"},       {VM_WRITE, "wr"},       {VM_EXEC, "ex"},
    {VM_SHARED, "sh"},     {VM_MAYREAD, "mr"},     {VM_MAYWRITE, "mw"},
    {VM_MAYEXEC, "me"},    {VM_MAYSHARE, "ms"},    {VM_GROWSDOWN, "gd"},
    {VM_PFNMAP, "pf"},     {VM_LOCKED, "lo"},      {VM_IO, "io"},
    {VM_SEQ_READ, "sr"},   {VM_RAND_READ, "rr"},   {VM_DONTCOPY, "dc"},
    {VM_DONTEXPAND, "de"}, {VM_LOCKONFAULT, "lf"}, {VM_ACCOUNT, "ac"},
    {VM_NORESERVE, "nr"},  {VM_WIPEONFORK, "wf"},  {VM_DONTDUMP, "dd"},
};

void put_flags(text_sink& out, u32 flags) {
    out.write("VmFlags: ");
    for (const auto& known : flag_names)
        if (flags & known.flag) format_to(out, "{} ", known.name);
    out.put('\n');
}

}  // namespace

smaps_stats smaps_of(const vm_area_struct& area) {
    smaps_stats stats;
    const bool locked = area.vm_flags & VM_LOCKED;
    for_each_table(*area.vm_mm, area.vm_start, area.vm_end, [&](pmd_t* pmd, u32 at, u32 end) {
        const mapped_table table(*pmd, at);
        for (const pte_t* pte = table.first(); at < end; at += PAGE_SIZE, ++pte) {
            const pte_entry entry = read_entry(*pte);
            const page* const page = F::has_frame(entry) ? vm_normal_page(entry) : nullptr;
            if (page) count_page(stats, *page, entry, locked);
        }
    });
    return stats;
}

void show_smap(text_sink& out, const vm_area_struct& area) {
    const smaps_stats stats = smaps_of(area);
    const auto pss = [](u64 share) { return share >> smaps_stats::pss_shift; };
    const struct {
        const char* name;
        u64 bytes;
    } rows[] = {
        {"Size:", u64{area.vm_end} - area.vm_start},
        {"KernelPageSize:", PAGE_SIZE},
        {"MMUPageSize:", PAGE_SIZE},
        {"Rss:", stats.resident},
        {"Pss:", pss(stats.pss)},
        {"Pss_Dirty:", pss(stats.pss_dirty)},
        {"Shared_Clean:", stats.shared_clean},
        {"Shared_Dirty:", stats.shared_dirty},
        {"Private_Clean:", stats.private_clean},
        {"Private_Dirty:", stats.private_dirty},
        {"Referenced:", stats.referenced},
        {"Anonymous:", stats.anonymous},
        {"LazyFree:", stats.lazyfree},
        // What this floor has not: large pages of users, and swap.
        {"AnonHugePages:", 0},
        {"ShmemPmdMapped:", 0},
        {"FilePmdMapped:", 0},
        {"Shared_Hugetlb:", 0},
        {"Private_Hugetlb:", 0},
        {"Swap:", 0},
        {"SwapPss:", 0},
        {"Locked:", pss(stats.pss_locked)},
    };
    show_map_line(out, area);
    for (const auto& row : rows) put_kb(out, row.name, row.bytes);
    out.write("THPeligible:    0\n");
    put_flags(out, area.vm_flags);
}

void show_smaps(text_sink& out, mm_struct& mm) {
    const read_guard held(mm.mmap_sem);
    for (const vm_area_struct* area = mm.mmap; area; area = area->vm_next)
        show_smap(out, *area);
}
