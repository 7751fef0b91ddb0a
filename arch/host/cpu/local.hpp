// Adding in place, for a word that one thread at a time writes and others may read.
#pragma once

#include <atomic>
#include <type_traits>

template <class T>
void add_in_place(std::atomic<T>& word, std::type_identity_t<T> more) {
    word.store(static_cast<T>(word.load(std::memory_order_relaxed) + more),
               std::memory_order_relaxed);
}
