// What is in a pipe: a ring of pages.
//
//              tail                         head
//     ...       v                            v
//          |         | abcdefg | hi      |         |          counters that never go back;
//          |  free   | offset  |  merge->|  free   |          slot = counter % slots
//
// read() takes from the page at the tail; write() fills up the page before the head, then
// new ones. So many small writes lie in one page, and a page goes when all of it is read;
// one is kept for the next write.
//
// I1: head - tail is the number of pages in the ring, at most `slots`, a power of two.
// I2: each of these holds at least one byte: offset + length is at most PAGE_SIZE.
// I3: the bytes of a write of at most PIPE_BUF lie in one page. As nobody else writes
//     meanwhile, they are read without others' between them (POSIX's atomicity); and such a
//     write that finds no room writes nothing.
//
// A packet (of a pipe that was opened with O_DIRECT) has pages to itself, and what a read
// has no room for is dropped. The pipe's lock is held for all of it.
#pragma once

#include "fs/vfs/iov_iter.hpp"

#ifndef PIPE_BUF
#define PIPE_BUF 4096
#endif
static_assert(PIPE_BUF == PAGE_SIZE);

class pipe_ring {
public:
    static constexpr u32 usual_slots = 16, most_slots = 256;

    pipe_ring() = default;
    ~pipe_ring();
    pipe_ring(const pipe_ring&) = delete;
    pipe_ring& operator=(const pipe_ring&) = delete;

    // A power of two. EBUSY: there are more pages in it; ENOMEM.
    result<> resize(u32 slots);
    u32 slots() const { return slots_; }

    bool empty() const { return head_ == tail_; }
    bool full() const { return head_ - tail_ >= slots_; }
    u32 bytes() const;

    // What there is, as far as `to` has room; some of it. EFAULT: not a byte.
    result<size_t> read(iov_iter& to);
    // As much as there is room for, `from` says what is left. EFAULT and ENOMEM: not a
    // byte.
    result<size_t> write(iov_iter& from, bool packets);

    void check_invariants() const;

private:
    struct buffer {
        page* content;
        u16 offset, length;
        bool packet;
    };
    buffer& at(u32 counter) const { return buffers_[counter & (slots_ - 1)]; }
    void drop_first();
    page* take_page();
    size_t merge(iov_iter& from);

    relaxed<u32> head_ = 0, tail_ = 0;
    u32 slots_ = 0;
    buffer* buffers_ = nullptr;
    page* spare_ = nullptr;
};
