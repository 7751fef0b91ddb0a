#include "mm/vm/fault.hpp"

#include "arch/i386/tlb.hpp"
#include "lib/log.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/fault_act.hpp"
#include "mm/vm/faults_story.hpp"
#include "mm/vm/vma_tree.hpp"

// A fault is one function up to its case: to call so many small ones would be a third of
// what it costs.
#define ALWAYS_INLINE [[gnu::always_inline]] inline

namespace {

using F = kernel_format;

// ---- decode ----------------------------------------------------------------------------

entry_state state_of(pte_entry entry) {
    if (F::present(entry))
        return F::rights(entry).write ? entry_state::writable : entry_state::read_only;
    if (F::none(entry)) return entry_state::none;
    return F::is_swapped(entry) ? entry_state::swapped : entry_state::inaccessible;
}

page_state page_of(pte_entry entry) {
    if (!F::present(entry)) return page_state::zero;
    const page* const page = vm_normal_page(entry);
    if (!page) return page_state::zero;
    if (!PageAnon(*page)) return page_state::file;
    return is_exclusive(*page) ? page_state::exclusive : page_state::shared;
}

// Where the CPU has found nothing, that is decided over, without a look: whoever fills the
// entry sees whether it still is so.
ALWAYS_INLINE fault_decision decide(vm_fault& fault) {
    fault.pmd = pmd_at(fault.mm(), fault.address);
    if (fault.error_code & PF_PRESENT && fault.has_table()) [[unlikely]]
        fault.before = read_entry(*mapped_table(*fault.pmd, fault.address).first());
    return decide_fault({.error_code = fault.error_code,
                         .has_area = true,
                         .vm_flags = fault.area.vm_flags,
                         .has_file = fault.area.vm_file != nullptr,
                         .entry = state_of(fault.before),
                         .page = page_of(fault.before)});
}

// ---- act -------------------------------------------------------------------------------

[[noreturn, gnu::cold]] void report_corrupt(const vm_fault& fault, pte_entry entry) {
    panic("page fault at {:#010x}, error code {:#x}: the entry is {:#x}", fault.address,
          fault.error_code, u64{entry});
}

ALWAYS_INLINE fault_result act(vm_fault& fault) {
    switch (fault.decision) {
        case fault_decision::map_zero_page: return map_zero_page(fault);
        case fault_decision::map_new_page: return map_new_page(fault);
        case fault_decision::map_file_page: return map_file_page(fault);
        case fault_decision::copy_file_page: return copy_file_page(fault);
        case fault_decision::write_file_page: return write_file_page(fault);
        case fault_decision::map_frame: return map_frame(fault);
        case fault_decision::copy_page: return copy_page(fault);
        case fault_decision::reuse_page: return reuse_page(fault);
        case fault_decision::make_writable: return make_writable(fault);
        case fault_decision::spurious:
            flush_tlb_local_page(fault.address);
            return fault_result::done;
        case fault_decision::no_right: return fault_result::no_right;
        case fault_decision::no_area:
        case fault_decision::corrupt: break;
    }
    report_corrupt(fault, fault.before);
}

fault_outcome outcome_of(fault_result result, u32 address) {
    switch (result) {
        case fault_result::no_memory: return {.what = fault_outcome::out_of_memory};
        case fault_result::bus_error: return bus_adrerr(address);
        case fault_result::no_right: return segv_accerr(address);
        case fault_result::no_area: return segv_maperr(address);
        case fault_result::done:
        case fault_result::retry: break;
    }
    return {};
}

// The area that has the address; a stack may become one.
[[gnu::noinline]] vm_area_struct* search_area(mm_struct& mm, u32 address) {
    vm_area_struct* const area = find_vma(mm, address);
    if (!area || area->vm_start <= address) return area;
    if (!(area->vm_flags & VM_GROWSDOWN) || !expand_stack(*area, address)) return nullptr;
    return area;
}
ALWAYS_INLINE vm_area_struct* area_of(mm_struct& mm, u32 address) {
    vm_area_struct* const found_last = vmacache_find(mm, address);
    return found_last ? found_last : search_area(mm, address);
}

ALWAYS_INLINE fault_result decide_and_act(vm_fault& fault) {
    fault.decision = decide(fault);
    return act(fault);
}

// Gives mmap_sem back, unless somebody has: retry.
ALWAYS_INLINE fault_result attempt(mm_struct& mm, u32 address, u32 error_code, bool may_retry,
                                   fault_decision& decision) NO_THREAD_SAFETY_ANALYSIS {
    mm.mmap_sem.down_read();
    fault_result result = fault_result::no_area;
    decision = fault_decision::no_area;
    if (vm_area_struct* const area = area_of(mm, address)) [[likely]] {
        vm_fault fault = fault_at(*area, address, error_code);
        fault.may_retry = may_retry;
        result = decide_and_act(fault);
        decision = fault.decision;
        if (result == fault_result::retry) return result;
        if (result == fault_result::done) ++(fault.major ? mm.maj_flt : mm.min_flt);
    }
    mm.mmap_sem.up_read();
    return result;
}

ALWAYS_INLINE fault_outcome resolve(mm_struct& mm, u32 address, u32 error_code,
                                    fault_decision& decision) {
    for (bool may_retry = true;; may_retry = false) {
        const fault_result result = attempt(mm, address, error_code, may_retry, decision);
        if (result == fault_result::done) [[likely]] return {};
        if (result != fault_result::retry) return outcome_of(result, address);
    }
}

}  // namespace

vm_fault fault_at(vm_area_struct& area, u32 address, u32 error_code) {
    return {.area = area,
            .address = address & PAGE_MASK,
            .error_code = error_code,
            .pgoff = linear_page_index(area, address & PAGE_MASK)};
}

fault_result handle_mm_fault(vm_fault& fault) { return decide_and_act(fault); }

[[gnu::cold]] void check_overtaken(const vm_fault& fault, pte_entry now) {
    if (!F::present(now) && !F::none(now)) report_corrupt(fault, now);
}

fault_outcome resolve_fault(mm_struct& mm, u32 address, u32 error_code,
                            fault_decision& decision) {
    return resolve(mm, address, error_code, decision);
}

fault_outcome do_page_fault(u32 address, u32 error_code, bool from_user, u32 ip) {
    mm_struct* const mm = current_mm();
    if (!mm || address >= TASK_SIZE) return segv_maperr(address);
    if (fault_stories.on) [[unlikely]]
        return fault_stories.tell(*mm, {address, error_code, from_user, ip});
    fault_decision decision;
    return resolve(*mm, address, error_code, decision);
}
