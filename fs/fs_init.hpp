// What fs/ keeps things in.
#pragma once

// Once kmalloc() and mm_cache_init() are done, and before anything of fs/ is used. False:
// no memory.
[[nodiscard]] bool fs_init();
