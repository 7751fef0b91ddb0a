// What caches give back when there are no pages: their empty slabs.
#pragma once

#include "mm/phys/shrinker.hpp"

// Of all caches; kmem_cache_init() registers it.
shrinker& slab_shrinker();
