// Faults on pages of files: the page cache's own, and those around the one that is wanted.
#include "mm/cache/file.hpp"
#include "mm/vm/fault_act.hpp"

u32 fault_around_pages = fault_around_usual;

namespace {

u32 pages_of_file(const file& file) {
    return static_cast<u32>((file.size() + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

void unlock_and_put(page& page) {
    unlock_page(page);
    put_page(&page);
}

// Read faults map a shared page writable, unless its first write is to be seen.
bool readable_is_writable(const vm_area_struct& area) {
    return area.vm_page_prot.write && !wants_write_notice(area);
}

pte_entry entry_for_read(const vm_area_struct& area, pfn frame) {
    page_rights rights = area.vm_page_prot;
    rights.write = readable_is_writable(area);
    return kernel_format::with_marks(entry_for(frame, rights), true, false);
}

// fault.page, which is locked, gets its entry, and the entry the fault's reference.
bool install_file_page(vm_fault& fault, pte_entry wanted) {
    const faulted_entry entry(fault);
    if (!entry.is_still_none()) return false;
    page_add_file_rmap(*fault.page);
    entry.fill(wanted);
    count_pages(fault.mm(), rss_kind_of(*fault.page), 1);
    return true;
}

// ---- fault_around ----------------------------------------------------------------------

constexpr u32 fault_around_most = 64;  // at most a table's

// The pages that may be mapped along: a block of fault_around_pages that has the address,
// as far as it lies in the area, in one page table, and in the file.
struct window {
    u32 address;  // of the first page
    u32 index;    // its place in the file
    u32 pages;
};
window window_around(const vm_fault& fault) {
    const vm_area_struct& area = fault.area;
    const u32 bytes = min_of(fault_around_pages, fault_around_most) << PAGE_SHIFT;
    const u32 start = max_of(align_down(fault.address, bytes), area.vm_start);
    const u32 stop = min_of(start - (start & (bytes - 1)) + bytes, area.vm_end);
    const u32 index = linear_page_index(area, start);
    const u32 in_file = pages_of_file(*area.vm_file);
    const u32 wanted = (stop - start) >> PAGE_SHIFT;
    return {start, index, index < in_file ? min_of(wanted, in_file - index) : 0};
}

// There, up to date and not locked: others would have to be waited for. It is locked then,
// so it stays the file's.
bool may_map_now(page& page) { return PageUptodate(page) && trylock_page(page); }

// What the cache has of the window gets entries where there are none. Whether the fault's
// own page is among them. No page leaves the cache meanwhile, for the tree is locked.
bool map_around(vm_fault& fault) {
    const window w = window_around(fault);
    address_space& mapping = *fault.area.vm_file->f_mapping;
    const pte_entry rights = entry_for_read(fault.area, pfn(0));
    u32 mapped = 0;
    const page* last = nullptr;
    bool found = false;
    const locked_table table(fault.mm(), *fault.pmd, w.address);
    const lock_guard held(mapping.tree_lock);
    pte_t* const first = table.first();
    mapping.page_tree.for_each(w.index, w.pages, [&](u32 index, void* item) {
        page& page = *static_cast<struct page*>(item);
        pte_t& pte = first[index - w.index];
        if (!pte.none() || !may_map_now(page)) return;
        get_page(page);
        page_add_file_rmap(page);
        kernel_format::fill(pte.raw, rights | page_to_phys(&page).raw());
        unlock_page(page);
        found |= index == fault.pgoff;
        last = &page;
        ++mapped;
    });
    // Pages of one file are of one kind.
    if (last) count_pages(fault.mm(), rss_kind_of(*last), mapped);
    return found;
}

bool has_cache_to_map(const vm_area_struct& area) {
    return finder_of(area) == filemap_fault && fault_around_pages > 1;
}

// From a medium, that is.
bool is_read(const address_space& mapping) { return mapping.a_ops && mapping.a_ops->readpage; }

// ---- writing ---------------------------------------------------------------------------

// fault.page is locked, and stays so. Who owns the file may refuse.
fault_result tell_of_write(vm_fault& fault) {
    if (!wants_write_notice(fault.area)) return fault_result::done;
    return fault.area.vm_ops->page_mkwrite(fault);
}

}  // namespace

fault_result find_page(vm_fault& fault) { return finder_of(fault.area)(fault); }

// ---- the cases -------------------------------------------------------------------------

fault_result map_file_page(vm_fault& fault) {
    if (!prepare_table(fault)) return fault_result::no_memory;
    if (has_cache_to_map(fault.area) && map_around(fault)) return fault_result::done;
    const fault_result found = find_page(fault);
    if (found != fault_result::done) return found;
    const bool installed =
        install_file_page(fault, entry_for_read(fault.area, page_to_pfn(fault.page)));
    unlock_page(*fault.page);
    if (!installed) put_page(fault.page);
    return fault_result::done;
}

fault_result write_file_page(vm_fault& fault) {
    if (!prepare_table(fault)) return fault_result::no_memory;
    fault_result found = find_page(fault);
    if (found != fault_result::done) return found;
    found = tell_of_write(fault);
    const bool installed =
        found == fault_result::done &&
        install_file_page(fault, entry_for(fault.area, *fault.page, true));
    if (installed) set_page_dirty(*fault.page);
    unlock_page(*fault.page);
    if (!installed) put_page(fault.page);
    return found;
}

// The page is locked before its owner is told, and for that it must not go away.
fault_result make_writable(vm_fault& fault) {
    fault.page = vm_normal_page(fault.before);
    {
        const faulted_entry entry(fault);
        if (!entry.is_as_found()) return fault_result::done;
        get_page(*fault.page);
    }
    lock_page(*fault.page);
    const fault_result told =
        fault.page->mapping ? tell_of_write(fault) : fault_result::done;
    if (told == fault_result::done && fault.page->mapping) {
        const faulted_entry entry(fault);
        if (entry.is_as_found()) {
            entry.allow_writing();
            set_page_dirty(*fault.page);
        }
    }
    unlock_and_put(*fault.page);
    return told;
}

// A page may leave the cache while one waits for its lock: then one looks again, and finds
// the file shorter, or another page.
fault_result filemap_fault(vm_fault& fault) {
    const file& file = *fault.area.vm_file;
    address_space& mapping = *file.f_mapping;
    for (;;) {
        page* cached = find_get_page(mapping, fault.pgoff);
        if (!cached || !PageUptodate(*cached)) [[unlikely]] {
            if (cached) put_page(cached);
            if (fault.pgoff >= pages_of_file(file)) return fault_result::bus_error;
            fault.major |= is_read(mapping);
            const result<page*> got =
                read_mapping_page(mapping, fault.pgoff, GFP_HIGHUSER_MOVABLE);
            if (!got)
                return got.error() == ENOMEM ? fault_result::no_memory
                                             : fault_result::bus_error;
            cached = *got;
        }
        lock_page(*cached);
        const bool in_file = fault.pgoff < pages_of_file(file);
        if (in_file && cached->mapping == &mapping) {
            fault.page = cached;
            return fault_result::done;
        }
        unlock_and_put(*cached);
        if (!in_file) return fault_result::bus_error;
    }
}
