// Adding in place, in one instruction: for a word that one CPU at a time writes and
// others may read. An interrupt on this CPU comes before or behind it.
#pragma once

#include "lib/atomic.hpp"
#include <type_traits>

template <class T>
    requires(sizeof(T) == 4)
void add_in_place(atomic<T>& word, std::type_identity_t<T> more) {
    asm("addl %1, %0" : "+m"(word) : "ri"(more) : "cc");
}
