// Random bytes for programs: unpredictable as far as the machine gives anything to go by.
#pragma once

#include "lib/types.hpp"

void fill_random(void* to, size_t bytes);
