// Adding in place, for a word that one thread at a time writes and others may read.
#pragma once

#include "lib/atomic.hpp"
#include <type_traits>

template <class T>
void add_in_place(atomic<T>& word, std::type_identity_t<T> more) {
    word.store(static_cast<T>(word.load(memory_order::relaxed) + more),
               memory_order::relaxed);
}
