#include "mm/cache/cache_init.hpp"

bool mm_cache_init() { return page_cache_init() && anon_vma_init() && memory_file_init(); }
