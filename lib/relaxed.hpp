// A variable that several CPUs read and write without agreeing on an order: a counter
// that is only looked at, a word whose other bits belong to somebody else. Written
// and read like a plain one, and on i386 as cheap; what it adds is that the compiler
// may not tear, invent or repeat accesses.
#pragma once

#include <cpu/local.hpp>
#include "lib/format.hpp"

template <class T>
class relaxed {
public:
    constexpr relaxed() = default;
    constexpr relaxed(T value) : value_(value) {}
    relaxed(const relaxed& other) : value_(static_cast<T>(other)) {}

    operator T() const { return value_.load(memory_order::relaxed); }
    T operator=(T value) {
        value_.store(value, memory_order::relaxed);
        return value;
    }
    relaxed& operator=(const relaxed& other) { return *this = static_cast<T>(other), *this; }

    // For one writer at a time (under a lock, on one's own CPU): not atomic as a whole.
    void operator+=(T more) { add_in_place(value_, more); }
    void operator-=(T less) { add_in_place(value_, static_cast<T>(-less)); }

    // For several writers at once.
    void add_atomically(T more) { value_.fetch_add(more, memory_order::relaxed); }
    // Likewise, where it matters what happens before or after: a flag that publishes.
    T load(memory_order order) const { return value_.load(order); }
    T fetch_or(T bits, memory_order order) { return value_.fetch_or(bits, order); }
    T fetch_and(T bits, memory_order order) { return value_.fetch_and(bits, order); }

    friend void format_value(text_sink& out, const format_spec& spec, const relaxed& value) {
        format_arg(static_cast<T>(value)).print(out, spec);
    }

private:
    atomic<T> value_{};
};
