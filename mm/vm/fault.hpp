// A page fault: the CPU found no entry that allows what a program does, and asks (F2).
//
//     address, error code, from ring 3 or 0
//        |
//        |  decode       the area that has the address, mmap_sem held for reading;
//        |               the entry: none if the CPU has found none, else as it is now
//        v
//     decide_fault()  ------------------------------------------------------ a pure function
//        |
//        +- no area, and no stack that may grow down to it ......... SIGSEGV SEGV_MAPERR
//        +- the area forbids reading, writing or executing ......... SIGSEGV SEGV_ACCERR
//        |
//        +- no entry
//        |    anonymous   read    map_zero_page     the zero page, read-only
//        |                write   map_new_page      a page of zeroes of its own
//        |    file        read    map_file_page     the cache's page, and 15 around it
//        |                write
//        |      private           copy_file_page    a copy of the cache's page
//        |      shared            write_file_page   page_mkwrite, the page itself, dirty
//        |    frames              map_frame         as frame() says; nobody counts them
//        |
//        +- an entry that may be read, and this is a write
//        |    private, others see the page    copy_page       a copy in its place
//        |    private, nobody else does       reuse_page      may be written from now on
//        |    shared file, clean              make_writable   page_mkwrite, dirty
//        |
//        `- an entry that suffices            spurious        the CPU forgets the old one
//
//        | act: one function a case                       fault_anon.cpp, fault_file.cpp
//        v
//     handled: the instruction runs again, and finds the entry, or faults once more
//     beyond the end of the file, or it cannot be read ............. SIGBUS BUS_ADRERR
//     no memory .................................................... the caller's trouble
//
// A case allocates first, without a lock; then it takes page_table_lock once, and looks
// whether the entry is still what it decided over. If not, another CPU was faster: what
// was allocated goes back, and the access tries again.
//
// I1: a fault changes at most the entry of its address from present to something else; the
//     others that it fills (fault_around) were empty.
// I2: an entry that may be written shows a page that is exclusive (page_reuse.hpp), or of
//     a shared file's area.
// I3: whatever fails leaves entries, counts and pages as they were; a page table or an
//     anon_vma that was made for the fault stays for the next one.
//
// Whom the fault meets: mmap_sem is held for reading while it runs. Who fills a file's
// page may have to wait long for it: he gives mmap_sem back, says so (retry), and the
// areas are looked up anew.
//
// Left out: swap, transparent huge pages, an OOM killer.
#pragma once

#include "mm/vm/fault_decide.hpp"
#include "mm/vm/user_tables.hpp"

struct trap_frame;

enum class fault_result : u8 {
    done,
    retry,      // mmap_sem was given back
    no_memory,
    bus_error,  // the file ends before, or the page cannot be read
    no_right,   // the area forbids it
    no_area,
};

// One fault on its way, for those who act.
struct vm_fault {
    vm_area_struct& area;
    u32 address;  // of the page
    u32 error_code;
    u32 pgoff;    // in the file
    bool may_retry = false;  // mmap_sem may be given back
    pmd_t* pmd = nullptr;    // null: there is no directory
    pte_entry before = 0;    // as it was decided over
    fault_decision decision = fault_decision::corrupt;
    // vm_operations_struct::fault answers here: locked, up to date, with a reference.
    // page_mkwrite finds it here, locked.
    struct page* page = nullptr;
    bool major = false;      // something was read from a medium

    mm_struct& mm() const { return *area.vm_mm; }
    bool writes() const { return error_code & PF_WRITE; }
    bool has_table() const { return pmd && !pmd->none(); }
};

// What has become of an access. A signal is as siginfo has it.
struct fault_outcome {
    enum result : u8 { handled, signalled, out_of_memory };

    result what = handled;
    u8 signal = 0;  // SIGSEGV, SIGBUS
    u8 code = 0;    // si_code
    u32 address = 0;

    constexpr bool operator==(const fault_outcome&) const = default;
    constexpr explicit operator bool() const { return what == handled; }
};
constexpr fault_outcome segv_maperr(u32 address) {
    return {fault_outcome::signalled, 11, 1, address};
}
constexpr fault_outcome segv_accerr(u32 address) {
    return {fault_outcome::signalled, 11, 2, address};
}
constexpr fault_outcome bus_adrerr(u32 address) {
    return {fault_outcome::signalled, 7, 2, address};
}

// An access of the current address space (current_mm.hpp) has faulted. May sleep. The
// caller makes of the outcome what is right: for a program the signal, for the kernel's
// own access to a user's address the fix-up of the instruction at `ip`.
fault_outcome do_page_fault(u32 address, u32 error_code, bool from_user, u32 ip);

// The same of any address space, and what was decided: for who tells the story.
fault_outcome resolve_fault(mm_struct& mm, u32 address, u32 error_code,
                            fault_decision& decision);

// The part of it that has found the area. mmap_sem is held for reading; it still is
// afterwards, unless the answer is retry. Not only for the CPU: populate, ptrace; who
// passes PF_PRESENT has seen an entry.
fault_result handle_mm_fault(vm_fault& fault);
vm_fault fault_at(vm_area_struct& area, u32 address, u32 error_code);

// A read of a file's page maps what the cache has of so many pages around it, a power of
// two, at least 1: for lessons, in which each page is to fault.
inline constexpr u32 fault_around_usual = 16;
extern u32 fault_around_pages;

// vm_operations_struct::fault of an area that has none: the page cache's page.
fault_result filemap_fault(vm_fault& fault);

// Page faults of the CPU come here from now on: user_pages_init() was there.
void vm_faults_init();

// ---- what the floors above define -------------------------------------------------------
// A program's access was refused (`signalled`), or memory ran out for it: it gets a signal.
void user_access_failed(trap_frame& frame, const fault_outcome& outcome);
// The kernel's access to a program's address found no memory: whether some was made, and it
// is worth trying again. Else the copy ends there.
bool wait_for_memory();
