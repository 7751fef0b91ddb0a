// What a page fault means: one function, pure, of what is known; fault.hpp draws it.
#pragma once

#include "mm/map/kernel_fault.hpp"
#include "mm/vm/vm_flags.hpp"

// The entry of the address, as the fault found it.
enum class entry_state : u8 {
    none,          // nothing, or there is no table
    inaccessible,  // PROT_NONE
    swapped,
    read_only,
    writable,
};
// The page that a present entry shows.
enum class page_state : u8 {
    zero,       // the shared zero page
    exclusive,  // anonymous, and nobody else's
    shared,     // anonymous, and somebody else's too
    file,       // the page cache's
};

struct fault_question {
    u32 error_code = 0;     // page_fault_error
    bool has_area = false;  // an area has the address, or has grown to have it
    u32 vm_flags = 0;
    bool has_file = false;
    entry_state entry = entry_state::none;
    page_state page = page_state::zero;  // of an entry that is present

    constexpr bool writes() const { return error_code & PF_WRITE; }
    constexpr bool fetches() const { return error_code & PF_FETCH; }
};

enum class fault_decision : u8 {
    no_area,            // SIGSEGV, SEGV_MAPERR
    no_right,           // SIGSEGV, SEGV_ACCERR
    map_zero_page,      // read of anonymous memory that was never written
    map_new_page,       // write to anonymous memory: a page of zeroes of its own
    map_file_page,      // read of a file: the cache's page, and those around it
    copy_file_page,     // first access to a private file's page is a write
    write_file_page,    // first access to a shared file's page is a write
    map_frame,          // a device's memory, or RAM that nobody counts here
    copy_page,          // write to a page that others see too
    reuse_page,         // write to a page that only looks shared: the last owner has it
    make_writable,      // write to a shared file's page that is mapped and clean
    spurious,           // the entry allows it: the CPU remembers an older one
    corrupt,            // no entry that Loci makes: a bug
};
inline constexpr u32 fault_decisions = 13;

// "demand zero: ..." for people.
const char* fault_decision_text(fault_decision decision);

constexpr bool area_allows(const fault_question& q) {
    if (q.writes()) return q.vm_flags & VM_WRITE;
    if (q.fetches()) return q.vm_flags & VM_EXEC;
    return q.vm_flags & VM_ACCESS_FLAGS;  // an i386 cannot withhold reading alone
}

constexpr fault_decision decide_absent(const fault_question& q) {
    const bool shared = q.vm_flags & VM_SHARED;
    if (!q.has_file)
        return q.writes() ? fault_decision::map_new_page : fault_decision::map_zero_page;
    if (q.vm_flags & VM_PFNMAP) return fault_decision::map_frame;
    if (!q.writes()) return fault_decision::map_file_page;
    return shared ? fault_decision::write_file_page : fault_decision::copy_file_page;
}

constexpr fault_decision decide_present(const fault_question& q) {
    // Nothing that one may read is ever kept as unreadable.
    if (!q.writes() && !q.fetches() && (q.error_code & PF_PRESENT))
        return fault_decision::no_right;
    if (!q.writes() || q.entry == entry_state::writable) return fault_decision::spurious;
    if (q.vm_flags & VM_SHARED) return fault_decision::make_writable;
    return q.page == page_state::exclusive ? fault_decision::reuse_page
                                           : fault_decision::copy_page;
}

constexpr fault_decision decide_fault(const fault_question& q) {
    if (q.error_code & PF_RESERVED) return fault_decision::corrupt;
    if (!q.has_area) return fault_decision::no_area;
    if (!area_allows(q)) return fault_decision::no_right;
    switch (q.entry) {
        case entry_state::none: return decide_absent(q);
        case entry_state::read_only:
        case entry_state::writable: return decide_present(q);
        case entry_state::inaccessible:  // mprotect has given back the rights of all
        case entry_state::swapped: break;
    }
    return fault_decision::corrupt;
}
