#include "mm/map/highmem.hpp"

#include "lib/sync/wait_queue.hpp"
#include "mm/map/pkmap.hpp"

DEFINE_PER_CPU(u32, kmap_depth) = {0};
constinit pte_t* fixmap_entries = nullptr;
constinit kernel_format::entry kmap_bits = 0;

namespace {

constinit pte_t* pkmap_entries = nullptr;   // of PKMAP_BASE

constexpr u32 pkmap_address(u32 slot) { return PKMAP_BASE + (slot << PAGE_SHIFT); }

class kernel_pkmap final : public pkmap_machine {
public:
    void map(u32 slot, const page& page) override {
        kernel_page_table::set(pkmap_entries[slot], page_to_phys(&page).raw() | kmap_bits,
                               pkmap_address(slot));
    }
    void unmap(u32 slot) override { kernel_format::clear(pkmap_entries[slot].raw); }
    void flush(u32 first, u32 slots) override {
        flush_tlb_kernel_range(pkmap_address(first), slots);
    }
    bool wait(const relaxed<u32>& freed, u32 was) override {
        wait_event(waiting_, [&] { return u32{freed} != was; });
        return true;
    }
    void wake_up() override { wake_up_all(waiting_); }

private:
    wait_queue_head waiting_{"kmap"};
};
constinit kernel_pkmap machine;
constinit pkmap_window window;
constinit pkmap_slot slots[LAST_PKMAP];

}  // namespace

bool kmap_init() {
    if (!init_mm.populate(FIXADDR_START, __end_of_fixed_addresses) ||
        !init_mm.populate(PKMAP_BASE, LAST_PKMAP))
        return false;
    fixmap_entries = init_mm.pte_offset_kernel(FIXADDR_START);
    pkmap_entries = init_mm.pte_offset_kernel(PKMAP_BASE);
    kmap_bits = kernel_format::leaf(0, kernel_rights(true), 0);
    window.init(machine, slots);
    return true;
}

// ---- kmap ------------------------------------------------------------------------------

void* kmap(const page* page) {
    might_sleep("kmap");
    if (!PageHighMem(*page)) return phys_to_virt(page_to_phys(page));
    return reinterpret_cast<void*>(pkmap_address(window.map(*page)));
}

void kunmap(const page* page) {
    if (PageHighMem(*page)) window.unmap(*page);
}

void* page_address(const page* page) {
    if (!PageHighMem(*page)) return phys_to_virt(page_to_phys(page));
    const u32 slot = window.slot_of(*page);
    return slot != pkmap_window::none ? reinterpret_cast<void*>(pkmap_address(slot)) : nullptr;
}

void kmap_flush_unused() { window.sweep(); }
