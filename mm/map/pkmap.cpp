#include "mm/map/pkmap.hpp"

void pkmap_window::init(pkmap_machine& machine,
                        std::span<pkmap_slot> slots) NO_THREAD_SAFETY_ANALYSIS {
    kassert(std::has_single_bit(slots.size()), "kmap has {} slots", slots.size());
    machine_ = &machine;
    slots_ = slots;
    for (u32& head : page_address_htable_) head = none;
}

u32 pkmap_window::find(const page& page) const {
    u32 slot = page_address_htable_[bucket_of(page)];
    while (slot != none && slots_[slot].page != &page) slot = slots_[slot].next;
    return slot;
}

u32 pkmap_window::map(const page& page) {
    lock_.lock();
    u32 slot = find(page);
    while (slot == none) {
        slot = take_slot();
        if (slot != none) {
            slots_[slot].page = &page;
            u32& head = page_address_htable_[bucket_of(page)];
            slots_[slot].next = head;
            head = slot;
            slots_[slot].count = 1;
            machine_->map(slot, page);
            break;
        }
        ++waiting_;
        const u32 freed = freed_;
        lock_.unlock();
        const bool waited = machine_->wait(freed_, freed);
        lock_.lock();
        --waiting_;
        if (!waited) {
            lock_.unlock();
            return none;
        }
        slot = find(page);  // somebody else may have mapped it meanwhile
    }
    ++slots_[slot].count;
    lock_.unlock();
    return slot;
}

void pkmap_window::unmap(const page& page) {
    lock_.lock();
    const u32 slot = find(page);
    kassert(slot != none && slots_[slot].count > 1, "kunmap of page {:p}, which is not mapped",
            static_cast<const void*>(&page));
    const bool wanted = --slots_[slot].count == 1 && waiting_ > 0;
    if (wanted) [[unlikely]]
        freed_ += 1;
    lock_.unlock();
    if (wanted) [[unlikely]]
        machine_->wake_up();
}

// The next slot in turn that has no user; none when all have one. A sweep frees some that
// were passed already: the search starts anew.
u32 pkmap_window::take_slot() {
    for (u32 tried = 0; tried < slots_.size(); ++tried) {
        last_ = (last_ + 1) & (slots_.size() - 1);
        if (last_ == 0) {
            sweep_locked();
            tried = 0;
        }
        if (slots_[last_].count == 0) return last_;
    }
    return none;
}

void pkmap_window::sweep_locked() {
    u32 first = static_cast<u32>(slots_.size()), end = 0;
    for (u32 slot = 0; slot < slots_.size(); ++slot) {
        if (slots_[slot].count != 1) continue;
        unhash(slot);
        slots_[slot].page = nullptr;
        slots_[slot].count = 0;
        machine_->unmap(slot);
        first = min_of(first, slot);
        end = slot + 1;
    }
    if (first >= end) return;
    machine_->flush(first, end - first);
    sweeps_ += 1;
}

void pkmap_window::sweep() {
    const lock_guard held(lock_);
    sweep_locked();
}

void pkmap_window::unhash(u32 slot) {
    u32* link = &page_address_htable_[bucket_of(*slots_[slot].page)];
    while (*link != slot) link = &slots_[*link].next;
    *link = slots_[slot].next;
}

u32 pkmap_window::slot_of(const page& page) const {
    const lock_guard held(lock_);
    return find(page);
}

u32 pkmap_window::in_use() const {
    const lock_guard held(lock_);
    u32 used = 0;
    for (u32 slot = 0; slot < slots_.size(); ++slot) used += slots_[slot].count > 1;
    return used;
}

void pkmap_window::check_invariants() const {
    const lock_guard held(lock_);
    u32 hashed = 0;
    for (u32 bucket = 0; bucket < buckets; ++bucket)
        for (u32 slot = page_address_htable_[bucket]; slot != none; slot = slots_[slot].next) {
            kassert(++hashed <= slots_.size(), "kmap I2: the chain of bucket {} has no end", bucket);
            kassert(slots_[slot].page && bucket_of(*slots_[slot].page) == bucket && slots_[slot].count > 0,
                    "kmap I2: slot {} in bucket {}", slot, bucket);
        }
    u32 mapped = 0;
    for (u32 slot = 0; slot < slots_.size(); ++slot) {
        mapped += slots_[slot].count > 0;
        kassert(!slots_[slot].page == (slots_[slot].count == 0), "kmap I1: slot {} counts {}", slot,
                slots_[slot].count);
    }
    kassert(mapped == hashed, "kmap I2: {} slots, {} in chains", mapped, hashed);
}
