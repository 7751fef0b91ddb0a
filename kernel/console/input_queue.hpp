// Bytes typed and not yet read, with two things a terminal knows about them: how
// many came in vain, and whether a Ctrl-C is among them.
//
// No lock in here; kernel/console/console.cpp holds one round each call.
//
// I1: interrupts_ is the number of Ctrl-C bytes in the queue.
#pragma once

#include "lib/assert.hpp"
#include "lib/types.hpp"

class input_queue {
public:
    static constexpr size_t capacity = 2048;
    static constexpr char ctrl_c = 3;

    size_t size() const { return head_ - tail_; }
    size_t room() const { return capacity - size(); }

    void push(char c) {
        if (room() == 0) {
            ++dropped_;
            return;
        }
        bytes_[head_++ % capacity] = c;
        interrupts_ += c == ctrl_c;
    }

    bool pop(char& c) {
        if (size() == 0) return false;
        c = bytes_[tail_++ % capacity];
        interrupts_ -= c == ctrl_c;
        return true;
    }

    bool interrupted() const { return interrupts_ > 0; }
    void discard_through_interrupt() {
        char c;
        while (interrupted() && pop(c)) {}
    }

    // How many bytes have been dropped since the last call.
    u32 take_dropped() {
        const u32 count = dropped_;
        dropped_ = 0;
        return count;
    }

    void check_invariants() const {
        u32 found = 0;
        for (u32 at = tail_; at != head_; ++at) found += bytes_[at % capacity] == ctrl_c;
        kassert(found == interrupts_, "I1: {} Ctrl-C queued, {} counted", found, interrupts_);
    }

private:
    char bytes_[capacity] = {};
    u32 head_ = 0;
    u32 tail_ = 0;
    u32 interrupts_ = 0;
    u32 dropped_ = 0;
};
