// Bytes typed and not yet read, with two things a terminal knows about them: how
// many came in vain, and whether a Ctrl-C is among them.
//
// No lock in here; kernel/console/console.cpp holds one round each call, since
// keyboard and serial line may run on different CPUs.
//
// I1: interrupts_ is the number of Ctrl-C bytes in the ring.
#pragma once

#include "lib/ring_buffer.hpp"

class input_queue {
public:
    static constexpr u32 capacity = 2048;
    static constexpr char ctrl_c = 3;

    u32 size() const { return bytes_.size(); }
    u32 room() const { return capacity - size(); }

    void push(char c) {
        if (bytes_.push(c)) interrupts_ += c == ctrl_c;
        else ++dropped_;
    }

    bool pop(char& c) {
        const auto byte = bytes_.pop();
        if (!byte) return false;
        c = *byte;
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
        bytes_.check_invariants();
        kassert(interrupts_ <= size(), "I1: {} Ctrl-C among {} bytes", interrupts_, size());
    }

private:
    ring_buffer<char, capacity> bytes_;
    u32 interrupts_ = 0;
    u32 dropped_ = 0;
};
