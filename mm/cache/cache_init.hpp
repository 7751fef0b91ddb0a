// What mm/cache keeps things in.
#pragma once

// Once kmalloc() works, and before anything of mm/cache is used. False: no memory.
[[nodiscard]] bool mm_cache_init();

// Its parts.
[[nodiscard]] bool page_cache_init();
[[nodiscard]] bool anon_vma_init();
[[nodiscard]] bool memory_file_init();
