// A word that interrupts and other threads may touch between two instructions.
//
// Each operation happens at once for all who look: nobody sees half of it. What it says about
// the memory *around* the word is its order:
//
//   relaxed   nothing; for counters and hints
//   acquire   what follows in the program happens after this load
//   release   what stands before in the program happens before this store
//   acq_rel   both, for an operation that reads and writes
//   seq_cst   both, and all such operations have one order for everyone
//
// Names and meanings are those of std::atomic. <atomic> itself also knows how to wait, which
// costs each file that includes it half a second of compiling.

#pragma once

enum class memory_order : int {
    relaxed = __ATOMIC_RELAXED,
    acquire = __ATOMIC_ACQUIRE,
    release = __ATOMIC_RELEASE,
    acq_rel = __ATOMIC_ACQ_REL,
    seq_cst = __ATOMIC_SEQ_CST,
};

// T is what the CPU changes with one instruction: an integer, bool or pointer of at most a word.
template <typename T>
class atomic {
    static_assert(sizeof(T) <= sizeof(void*) && __is_trivially_copyable(T));

public:
    constexpr atomic() = default;
    constexpr atomic(T value) : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    operator T() const { return load(); }
    T operator=(T value) {
        store(value);
        return value;
    }

    [[gnu::always_inline]] T load(memory_order order = memory_order::seq_cst) const {
        return __atomic_load_n(&value_, static_cast<int>(order));
    }
    [[gnu::always_inline]] void store(T value, memory_order order = memory_order::seq_cst) {
        __atomic_store_n(&value_, value, static_cast<int>(order));
    }
    [[gnu::always_inline]] T exchange(T value, memory_order order = memory_order::seq_cst) {
        return __atomic_exchange_n(&value_, value, static_cast<int>(order));
    }
    [[gnu::always_inline]] T fetch_add(T more, memory_order order = memory_order::seq_cst) {
        return __atomic_fetch_add(&value_, more, static_cast<int>(order));
    }
    [[gnu::always_inline]] T fetch_sub(T less, memory_order order = memory_order::seq_cst) {
        return __atomic_fetch_sub(&value_, less, static_cast<int>(order));
    }

    // Bits that are set, or left, in one step; what stood there before.
    [[gnu::always_inline]] T fetch_or(T bits, memory_order order = memory_order::seq_cst) {
        return __atomic_fetch_or(&value_, bits, static_cast<int>(order));
    }
    [[gnu::always_inline]] T fetch_and(T bits, memory_order order = memory_order::seq_cst) {
        return __atomic_fetch_and(&value_, bits, static_cast<int>(order));
    }

    // Puts `wanted` where `expected` stands; else false, and what does stand is in `expected`.
    [[gnu::always_inline]] bool compare_exchange_strong(
        T& expected, T wanted, memory_order success = memory_order::seq_cst,
        memory_order failure = memory_order::seq_cst) {
        return __atomic_compare_exchange_n(&value_, &expected, wanted, false,
                                           static_cast<int>(success), static_cast<int>(failure));
    }

private:
    T value_{};
};

// The same for a word that is plain data elsewhere, where nobody else can look yet.
template <typename T>
[[gnu::always_inline]] inline T load_atomically(const T& word,
                                                memory_order order = memory_order::seq_cst) {
    return __atomic_load_n(&word, static_cast<int>(order));
}
template <typename T>
[[gnu::always_inline]] inline void store_atomically(
    T& word, T value, memory_order order = memory_order::seq_cst) {
    __atomic_store_n(&word, value, static_cast<int>(order));
}
