// What is behind MAP_SHARED | MAP_ANONYMOUS: a file of zeroes that only those share who
// inherit the area.
#pragma once

#include "lib/result.hpp"
#include "mm/cache/file.hpp"
#include "mm/vm/mm_types.hpp"

// Its pages are promised (accounting.hpp) until the file goes, with the last area that maps
// it; with VM_NORESERVE they are not. ENOMEM.
result<file*> shared_zeroes(const mm_struct& mm, u32 pages, u32 vm_flags);
