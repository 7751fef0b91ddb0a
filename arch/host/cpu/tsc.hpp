// The simulated CPU's time stamp counter: it stands still until a test moves it.
#pragma once

#include "lib/types.hpp"

inline thread_local u64 host_tsc = 0;

inline bool has_tsc() { return true; }
inline u64 read_tsc() { return host_tsc; }
