#include "lib/address.hpp"

constinit uintptr_t linear_map_bytes = ~uintptr_t{0};
