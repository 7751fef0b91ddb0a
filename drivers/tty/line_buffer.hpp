// What was typed and not yet read.
//
//          tail_              canon_head_          head_
//            v                     v                 v
//     . . .  l s \n  c a t \n  \0  m o r e  t e x t  . . .      indices only count up
//                 *         *   *  '--- a line that can still be edited
//                 '- marks: here a line ends; a marked 0 is the end of the file
//
// I1: tail_ <= canon_head_ <= head_ <= tail_ + capacity, without ICANON canon_head_ aside.
// I2: marks lie between tail_ and canon_head_ only.
#pragma once

#include "lib/assert.hpp"
#include "lib/bitmap.hpp"

class line_buffer {
public:
    static constexpr u32 capacity = 4096;  // Linux's N_TTY_BUF_SIZE

    u32 size() const { return head_ - tail_; }
    u32 room() const { return capacity - size(); }
    bool has_line() const { return canon_head_ != tail_; }
    u32 editable() const { return head_ - canon_head_; }

    // Whether there was room.
    bool push(u8 c) {
        if (room() == 0) return false;
        bytes_[head_++ % capacity] = c;
        return true;
    }
    // The last byte of the line that is edited, or the i-th before it.
    u8 last(u32 i = 0) const { return bytes_[(head_ - 1 - i) % capacity]; }
    // Bytes of that line.
    void drop_last(u32 count) { head_ -= count; }
    // The line ends behind the last byte.
    void end_line() {
        marks().set((head_ - 1) % capacity);
        canon_head_ = head_;
    }
    void clear() {
        marks().clear_range(0, capacity);
        tail_ = canon_head_ = head_;
    }
    // Lines begin to matter, or matter no more: all that is there counts as one.
    void regard_lines(bool lines) {
        marks().clear_range(0, capacity);
        canon_head_ = tail_;
        if (lines && size() > 0) end_line();
    }

    // The oldest byte; whether a line ends with it.
    u8 front() const { return bytes_[tail_ % capacity]; }
    bool front_ends_line() { return marks().test(tail_ % capacity); }
    void pop(bool lines) {
        marks().clear(tail_++ % capacity);
        if (!lines) canon_head_ = tail_;
    }
    u32 line_bytes() const { return canon_head_ - tail_; }
    // ... without those that only say that a file ends.
    u32 readable_line_bytes() {
        u32 count = 0;
        for (u32 at = tail_; at != canon_head_; ++at)
            count += !(bytes_[at % capacity] == 0 && marks().test(at % capacity));
        return count;
    }

    void check_invariants() const {
        kassert(size() <= capacity && canon_head_ - tail_ <= size(),
                "line_buffer I1: {}, {}, {}", tail_, canon_head_, head_);
    }

private:
    bitmap marks() { return {marks_, capacity}; }

    u32 tail_ = 0, canon_head_ = 0, head_ = 0;
    bitmap::word marks_[bitmap::words_for(capacity)] = {};
    u8 bytes_[capacity] = {};
};
