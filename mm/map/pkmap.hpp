// kmap: an address for a page of high memory, for as long as one likes (spec C2).
//
//     PKMAP window    | 0 | 1 | 2 | 3 | ... one page table, LAST_PKMAP slots
//     pkmap_count       2   1   0   1
//                       |   |   `- free: no entry, in no TLB
//                       |   `- nobody uses it, but the entry is there, and CPUs may
//                       |      remember it: the page's next user finds it mapped
//                       `- one user; n: n - 1 of them
//
//     page_address_htable     hash of the page --> the slots of such pages, one by one
//
// A slot that nobody uses stays mapped. Slots are taken in turn; where the window begins
// anew, all that nobody uses are swept: entries cleared, one flush for the whole window,
// and then they are free. So a flush is paid once in LAST_PKMAP mappings, and a page that
// is mapped again and again is found by its hash.
//
// When every slot has a user, kmap waits for kunmap. In an interrupt, or where one must not
// sleep, there is kmap_atomic.
//
// I1: a slot with a count of 0 has no entry, and no CPU remembers one.
// I2: a page has at most one slot, and is found in its hash chain if and only if the
//     slot's count is not 0.
#pragma once

#include "lib/spinlock.hpp"
#include "mm/phys/page.hpp"

#include <bit>
#include <span>

// What the window stands on: one page table's worth of entries, and who waits.
class pkmap_machine {
public:
    virtual void map(u32 slot, const page& page) = 0;
    virtual void unmap(u32 slot) = 0;
    virtual void flush(u32 first, u32 slots) = 0;
    // Until `freed` is no longer what it was, which wake_up() tells; false: there is nobody
    // who could free a slot.
    virtual bool wait(const relaxed<u32>& freed, u32 was) = 0;
    virtual void wake_up() = 0;

protected:
    ~pkmap_machine() = default;
};

struct pkmap_slot {
    const struct page* page = nullptr;
    u32 count = 0;  // pkmap_count
    u32 next = 0;   // in the hash chain
};

class pkmap_window {
public:
    constexpr pkmap_window() = default;
    // As many slots as a power of two, all as they are when they are made.
    void init(pkmap_machine& machine, std::span<pkmap_slot> slots);

    static constexpr u32 none = ~u32{0};
    // The page's slot, from now on used by one more. None: all are in use, and nobody could
    // give one back.
    u32 map(const page& page) EXCLUDES(lock_);
    void unmap(const page& page) EXCLUDES(lock_);
    u32 slot_of(const page& page) const EXCLUDES(lock_);

    u32 in_use() const EXCLUDES(lock_);
    u32 sweeps() const { return sweeps_; }
    // Takes away all that nobody uses.
    void sweep() EXCLUDES(lock_);
    void check_invariants() const EXCLUDES(lock_);

private:
    static constexpr u32 buckets = 128;

    static u32 bucket_of(const page& page) {
        const uintptr_t number = reinterpret_cast<uintptr_t>(&page) / sizeof(page);
        return (static_cast<u32>(number) * 0x9E3779B1u) >> (32 - std::bit_width(buckets - 1));
    }
    u32 find(const page& page) const REQUIRES(lock_);
    u32 take_slot() REQUIRES(lock_);
    void sweep_locked() REQUIRES(lock_);
    void unhash(u32 slot) REQUIRES(lock_);

    mutable irq_spinlock lock_{"kmap"};
    pkmap_machine* machine_ = nullptr;
    std::span<pkmap_slot> slots_;
    relaxed<u32> sweeps_ = 0;
    u32 last_ GUARDED_BY(lock_) = 0;
    u32 waiting_ GUARDED_BY(lock_) = 0;
    relaxed<u32> freed_ = 0;  // slots, while somebody waited
    u32 page_address_htable_[buckets] GUARDED_BY(lock_){};
};
