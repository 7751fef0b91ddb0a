#include "fs/pipe/pipe_ring.hpp"

#include "mm/phys/page_alloc.hpp"
#include "mm/slab/kmalloc.hpp"

pipe_ring::~pipe_ring() {
    while (!empty()) drop_first();
    if (spare_) __free_page(spare_);
    kfree(buffers_);
}

result<> pipe_ring::resize(u32 slots) {
    const u32 used = head_ - tail_;
    if (used > slots) return err{EBUSY};
    buffer* const larger = static_cast<buffer*>(
        kmalloc_array(slots, sizeof(buffer), GFP_KERNEL | __GFP_NOWARN));
    if (!larger) return err{ENOMEM};
    for (u32 i = 0; i < used; ++i) larger[i] = at(tail_ + i);
    kfree(buffers_);
    buffers_ = larger;
    slots_ = slots;
    tail_ = 0;
    head_ = used;
    return {};
}

u32 pipe_ring::bytes() const {
    u32 sum = 0;
    for (u32 i = tail_; i != head_; ++i) sum += at(i).length;
    return sum;
}

void pipe_ring::drop_first() {
    page* const empty = at(tail_).content;
    tail_ += 1;
    if (spare_) __free_page(empty);
    else spare_ = empty;
}

page* pipe_ring::take_page() {
    page* const taken = spare_ ? spare_ : alloc_page(GFP_HIGHUSER);
    spare_ = nullptr;
    return taken;
}

result<size_t> pipe_ring::read(iov_iter& to) {
    size_t done = 0;
    while (!empty() && to.count() > 0) {
        buffer& first = at(tail_);
        const size_t wanted = min_of(to.count(), size_t{first.length});
        const size_t taken = to.copy_page_to(*first.content, first.offset, wanted);
        done += taken;
        first.offset = static_cast<u16>(first.offset + taken);
        first.length = static_cast<u16>(first.length - taken);
        if (taken < wanted) {
            if (done == 0) return err{EFAULT};
            break;
        }
        const bool packet = first.packet;
        if (first.length == 0 || packet) drop_first();
        if (packet) break;
    }
    return done;
}

// What is more than whole pages goes behind the last bytes, if it has room there (I3).
size_t pipe_ring::merge(iov_iter& from) {
    const size_t some = from.count() % PAGE_SIZE;
    if (some == 0 || empty()) return 0;
    buffer& last = at(head_ - 1);
    const u32 end = u32{last.offset} + last.length;
    if (last.packet || end + some > PAGE_SIZE) return 0;
    const size_t copied = from.copy_page_from(*last.content, end, some);
    last.length = static_cast<u16>(last.length + copied);
    return copied;
}

result<size_t> pipe_ring::write(iov_iter& from, bool packets) {
    size_t done = packets ? 0 : merge(from);
    int failed = 0;
    while (from.count() > 0 && !full()) {
        page* const fresh = take_page();
        if (!fresh) {
            failed = ENOMEM;
            break;
        }
        const size_t wanted = min_of(from.count(), size_t{PAGE_SIZE});
        const size_t copied = from.copy_page_from(*fresh, 0, wanted);
        done += copied;
        if (copied == 0) {
            spare_ = fresh;
        } else {
            at(head_) = {.content = fresh, .offset = 0, .length = static_cast<u16>(copied),
                         .packet = packets};
            head_ += 1;
        }
        if (copied < wanted) {
            failed = EFAULT;
            break;
        }
    }
    if (done == 0 && failed) return err{failed};
    return done;
}

void pipe_ring::check_invariants() const {
    kassert(head_ - tail_ <= slots_ && (slots_ & (slots_ - 1)) == 0,
            "pipe I1: {} pages in {} slots", head_ - tail_, slots_);
    for (u32 i = tail_; i != head_; ++i)
        kassert(at(i).length > 0 && u32{at(i).offset} + at(i).length <= PAGE_SIZE,
                "pipe I2: {} bytes at {}", at(i).length, at(i).offset);
}
