// `delete` of what `new (GFP_KERNEL)` made. In the kernel only: on the host this is the
// C++ library's, for everybody.
#include "mm/slab/kmalloc.hpp"

void operator delete(void* object) noexcept { kfree(object); }
void operator delete(void* object, size_t) noexcept { kfree(object); }
void operator delete[](void* object) noexcept { kfree(object); }
void operator delete[](void* object, size_t) noexcept { kfree(object); }
