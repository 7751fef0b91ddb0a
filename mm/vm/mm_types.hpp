// An address space: what a program may touch, and what is behind it (spec F1).
//
//     mm_struct
//       mmap  ------> area -> area -> area -> area            vm_next, by address
//       mm_rb ------>       area                              vm_rb: which area holds
//                         /      \                            an address, where is a hole
//                      area      area
//       vmacache ---> the areas that were asked for last
//       pgd  -------> page tables: which frames are there by now
//
// An *area* (vm_area_struct) is a promise: these addresses may be read, written, executed,
// and this is where their contents come from. Page tables hold what has been made of it;
// a fault is the moment in which one page of the promise is kept (fault.hpp). So page
// tables can be forgotten and made again, areas cannot.
//
//     vm_start                               vm_end
//        |  page vm_pgoff  | + 1 | + 2 | ... |        of vm_file, where there is one
//
//     anonymous   vm_ops null: pages of zeros, the program's own
//     private     vm_file: the file's pages until the first write, then copies
//     shared      vm_file (or a file without a name): the file's pages themselves
//     frames      VM_PFNMAP: memory that no page counts, a device's    (frame_area.hpp)
//
// I1: areas do not overlap; list and tree hold the same ones, in the same order; map_count
//     is how many.
// I2: rb_subtree_gap is the largest hole before an area of the subtree: between the end
//     of the one before it and its start. highest_vm_end is where the last one ends.
// I3: no two neighbours could be one area, but where an allocation failed or Linux, too,
//     leaves them apart.
// I4: total_vm, data_vm, exec_vm, stack_vm, locked_vm are the sums over the areas.
// I5: a present entry of the page tables lies in an area; its frame is counted once in rss
//     and once in _mapcount, and may be written only if the area may, and the page is
//     nobody else's or shared.
//
// Locks, outermost first: mmap_sem, i_mmap_lock, anon_vma's, page_table_lock. mmap_sem
// guards the areas: held for reading by who looks and by faults, for writing by who
// changes them.
#pragma once

#include "lib/list.hpp"
#include "lib/rbtree.hpp"
#include "lib/relaxed.hpp"
#include "lib/sync/rw_semaphore.hpp"
#include "mm/cache/rmap.hpp"
#include "mm/map/pgd.hpp"
#include "mm/vm/vm_flags.hpp"

struct device_frame;
struct file;
struct mm_struct;
struct vm_area_struct;
struct vm_fault;
enum class fault_result : u8;

inline constexpr u32 TASK_SIZE = 0xC0000000;
inline constexpr u32 stack_guard_gap = 256 * PAGE_SIZE;

// What one type of area needs of the kind that it is: anonymous memory has none of these.
struct vm_operations_struct {
    void (*open)(vm_area_struct&) = nullptr;   // a copy or a part of an area has come to be
    void (*close)(vm_area_struct&) = nullptr;  // an area goes
    fault_result (*fault)(vm_fault&) = nullptr;
    fault_result (*page_mkwrite)(vm_fault&) = nullptr;  // a shared page is about to be written
    // VM_PFNMAP: what stands behind that page of the file (frame_area.hpp). No fault then.
    device_frame (*frame)(const vm_area_struct&, u32 pgoff) = nullptr;
    // For maps, where there is no file: "[stack]"; null: nothing.
    const char* (*name)(const vm_area_struct&) = nullptr;
};

// Also a rmap_area: vm_start, vm_end, vm_pgoff, vm_flags, shared, anon_vma_chain, anon_vma.
struct vm_area_struct : rmap_area {
    mm_struct* vm_mm;
    vm_area_struct* vm_next;
    vm_area_struct* vm_prev;
    rb_node vm_rb;
    u32 rb_subtree_gap;
    page_rights vm_page_prot;
    const vm_operations_struct* vm_ops;
    file* vm_file;
    void* vm_private_data;

    u32 pages() const { return (vm_end - vm_start) >> PAGE_SHIFT; }
    // What is free before it, a stack's guard gap included.
    u32 hole_start() const { return vm_prev ? vm_prev->vm_end : 0; }
    u32 hole_before() const { return vm_start - hole_start(); }
};

// The areas that were found last, by page number: most questions are asked again.
struct vmacache {
    static constexpr u32 size = 4;
    u32 seqnum;
    vm_area_struct* vmas[size];
};

enum rlimit_kind : u8 { RLIMIT_STACK, RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, rlimit_kinds };
inline constexpr u32 RLIM_INFINITY = ~0u;

enum rss_kind : u8 { MM_FILEPAGES, MM_ANONPAGES, MM_SHMEMPAGES, rss_kinds };

struct vma_by_address {
    bool operator()(const vm_area_struct& a, const vm_area_struct& b) const {
        return a.vm_start < b.vm_start;
    }
};
struct vma_gap {
    static bool update(vm_area_struct& area, const vm_area_struct* left,
                       const vm_area_struct* right) {
        u32 largest = area.hole_before();
        if (left) largest = max_of(largest, left->rb_subtree_gap);
        if (right) largest = max_of(largest, right->rb_subtree_gap);
        const bool changed = largest != area.rb_subtree_gap;
        area.rb_subtree_gap = largest;
        return changed;
    }
};
using vma_tree = rbtree<vm_area_struct, &vm_area_struct::vm_rb, vma_by_address, vma_gap>;

struct mm_struct {
    vm_area_struct* mmap = nullptr;
    vma_tree mm_rb;
    u32 vmacache_seqnum = 0;
    vmacache cache{};
    u32 map_count = 0;
    u32 highest_vm_end = 0;
    relaxed<u32> tree_steps = 0;  // of all searches, ever: so one sees that none is a scan

    rw_semaphore mmap_sem{"mmap_sem"};
    irq_spinlock page_table_lock{"page_table_lock"};
    shared_pgd top{};  // top.pgd: pgd

    atomic<u32> mm_users{1};  // tasks that run in it
    atomic<u32> mm_count{1};  // those together, and who borrows it

    // In pages.
    u32 total_vm = 0, data_vm = 0, exec_vm = 0, stack_vm = 0, locked_vm = 0;
    u32 hiwater_vm = 0, hiwater_rss = 0;
    atomic<u32> rss[rss_kinds];
    atomic<u32> pgtables_bytes{0};
    u32 min_flt = 0, maj_flt = 0;

    u32 start_code = 0, end_code = 0, start_data = 0, end_data = 0;
    u32 start_brk = 0, brk = 0, start_stack = 0;
    u32 arg_start = 0, arg_end = 0, env_start = 0, env_end = 0;
    u32 mmap_base = 0;  // get_unmapped_area looks below it first
    u32 mmap_legacy_base = 0;
    // The program that was executed into it, and what is to be done when the space goes.
    file* exe_file = nullptr;
    void (*exe_file_closes)(file& program) = nullptr;
    u32 def_flags = 0;  // mlockall(MCL_FUTURE)

    u32 rlimits[rlimit_kinds] = {8 * MiB, RLIM_INFINITY, RLIM_INFINITY, 8 * MiB};
    bool may_lock_without_limit = false;  // CAP_IPC_LOCK

    pgd_t* pgd() const { return top.pgd; }
};
