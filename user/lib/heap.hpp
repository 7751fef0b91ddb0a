// A heap over brk(): first fit, over one list.
//
//     start_brk                                                        brk
//     | size | given out ...  | size | free ... | size | given out ... |
//
// Each piece begins with its size, whose lowest bit says that it is given out; a free one
// is joined with free ones behind it as the search comes by. What the search does not find
// is taken from the kernel, a few pages at a time; nothing is given back to it.
#pragma once

#include "user/lib/types.hpp"

// Aligned to 8 bytes; null where there is no more.
void* malloc(size_t size);
void free(void* memory);
