#include "mm/map/highmem.hpp"

#include "arch/i386/tlb.hpp"
#include "lib/log.hpp"
#include "mm/map/init_mm.hpp"
#include "mm/map/pkmap.hpp"

DEFINE_PER_CPU(u32, kmap_depth) = {0};

namespace {

constinit pte_t* fixmap_entries = nullptr;  // of FIXADDR_START
constinit pte_t* pkmap_entries = nullptr;   // of PKMAP_BASE
constinit kernel_format::entry kmap_bits = 0;

void set_entry(pte_t& slot, const page& page, u32 address) {
    const kernel_format::entry frame = static_cast<u32>(&page - mem_map);
    kernel_page_table::set(slot, frame << PAGE_SHIFT | kmap_bits, address);
}

constexpr u32 pkmap_address(u32 slot) { return PKMAP_BASE + (slot << PAGE_SHIFT); }

class kernel_pkmap final : public pkmap_machine {
public:
    void map(u32 slot, const page& page) override {
        set_entry(pkmap_entries[slot], page, pkmap_address(slot));
    }
    void unmap(u32 slot) override { kernel_format::store(pkmap_entries[slot].raw, 0); }
    void flush(u32 first, u32 slots) override {
        flush_tlb_kernel_range(pkmap_address(first), slots);
    }
    // There are no tasks yet, and so nobody who could unmap while one waits.
    bool wait() override { return false; }
    void wake_up() override {}
};
constinit kernel_pkmap machine;
constinit pkmap_window window;

constexpr u32 slot_of_depth(u32 depth) {
    return FIX_KMAP_BEGIN + smp_processor_id() * KM_TYPE_NR + depth;
}

}  // namespace

bool kmap_init() {
    if (!init_mm.populate(FIXADDR_START, __end_of_fixed_addresses) ||
        !init_mm.populate(PKMAP_BASE, LAST_PKMAP))
        return false;
    fixmap_entries = init_mm.pte_offset_kernel(FIXADDR_START);
    pkmap_entries = init_mm.pte_offset_kernel(PKMAP_BASE);
    kmap_bits = kernel_format::leaf(0, kernel_rights(true), 0);
    window.init(machine, LAST_PKMAP);
    return true;
}

// ---- kmap_atomic -----------------------------------------------------------------------

// The depth is raised first: an interrupt takes the slots above, and gives them back.
void* kmap_atomic_high(const page* page) {
    const u32 depth = this_cpu_read(kmap_depth);
    kassert(depth < KM_TYPE_NR, "kmap_atomic is nested {} times", depth);
    this_cpu_add(kmap_depth, 1);
    const u32 slot = slot_of_depth(depth);
    set_entry(fixmap_entries[slot], *page, fix_to_virt(slot));
    return reinterpret_cast<void*>(fix_to_virt(slot));
}

void kunmap_atomic_high(u32 address) {
    const u32 slot = slot_of_depth(this_cpu_read(kmap_depth) - 1);
    kassert((address & PAGE_MASK) == fix_to_virt(slot),
            "kunmap_atomic of {:#x}, the last to be mapped is {:#x}", address, fix_to_virt(slot));
    kernel_format::store(fixmap_entries[slot].raw, 0);
    flush_tlb_kernel_range(fix_to_virt(slot), 1);
    this_cpu_add(kmap_depth, ~u32{0});
}

// ---- kmap ------------------------------------------------------------------------------

void* kmap(const page* page) {
    might_sleep("kmap");
    if (!PageHighMem(*page)) return phys_to_virt(page_to_phys(page));
    if (const auto slot = window.map(*page)) return reinterpret_cast<void*>(pkmap_address(*slot));
    pr_err("kmap: all {} slots are in use, and nobody is there to give one back", LAST_PKMAP);
    return nullptr;
}

void kunmap(const page* page) {
    if (PageHighMem(*page)) window.unmap(*page);
}

void* page_address(const page* page) {
    if (!PageHighMem(*page)) return phys_to_virt(page_to_phys(page));
    const auto slot = window.slot_of(*page);
    return slot ? reinterpret_cast<void*>(pkmap_address(*slot)) : nullptr;
}

void kmap_flush_unused() { window.sweep(); }
