// The kernel's own vmalloc space: its window, and the page tables behind it.
#pragma once

// From here on vmalloc() and ioremap() work. False: no memory for it.
[[nodiscard]] bool vmalloc_init();
