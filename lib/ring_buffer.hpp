// A ring between one writer and one reader, without locks: an interrupt handler puts
// characters in, a reader takes them out, neither waits for the other.
//
//     ring_buffer<char, 256> typed;
//
//        read_                write_
//          v                    v
//     +---+---+---+---+---+---+---+---+
//     |   | a | b | c | d | e |   |   |      N slots, a power of two
//     +---+---+---+---+---+---+---+---+
//
// Both indices only ever count up; the slot is the index modulo N. So full and empty
// differ, all N slots are used, and the wrap at 2^32 needs no care (N divides it).
//
// I1: write_ - read_ is the number of elements, 0 … N.
// I2: push() and only push() changes write_; pop() and clear() alone change read_.
//     Each is published after the slot was written or read, and read before.
//
// "One writer" means one at a time: two handlers that cannot interrupt each other, or
// a lock. clear() is the reader's. What does not fit is refused; the writer decides
// whether that is worth a word.
#pragma once

#include "lib/assert.hpp"
#include "lib/atomic.hpp"
#include "lib/types.hpp"

#include <bit>
#include <optional>
#include <type_traits>

template <class T, u32 N>
class ring_buffer {
    static_assert(std::has_single_bit(N) && N <= u32{1} << 31);
    static_assert(std::is_trivially_copyable_v<T>);

public:
    static constexpr u32 capacity() { return N; }

    // The writer's. False when full.
    bool push(const T& value) {
        const u32 write = write_.load(memory_order::relaxed);
        if (write - read_.load(memory_order::acquire) == N) return false;
        slots_[write % N] = value;
        write_.store(write + 1, memory_order::release);
        return true;
    }

    // The reader's.
    std::optional<T> pop() {
        const u32 read = read_.load(memory_order::relaxed);
        if (write_.load(memory_order::acquire) == read) return std::nullopt;
        const T value = slots_[read % N];
        read_.store(read + 1, memory_order::release);
        return value;
    }
    void clear() {
        read_.store(write_.load(memory_order::acquire), memory_order::release);
    }

    // Anyone's; out of date as soon as the other side moves. The reader's index is
    // taken first: it can only fall behind, so the difference is never negative, and
    // what was added since is capped.
    u32 size() const {
        const u32 read = read_.load(memory_order::acquire);
        return min_of(write_.load(memory_order::acquire) - read, N);
    }
    bool empty() const { return size() == 0; }
    bool full() const { return size() == N; }

    // While neither side is at work.
    void check_invariants() const {
        const u32 elements = write_.load() - read_.load();
        kassert(elements <= N, "ring buffer I1: {} elements of {}", elements, N);
    }

private:
    atomic<u32> write_{0};
    atomic<u32> read_{0};
    T slots_[N]{};
};
