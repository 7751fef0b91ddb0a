// Until mm/vm has page tables of users from which to take pages.
#include "mm/cache/address_space.hpp"

[[gnu::weak]] void unmap_mapping_range(address_space&, u32, u32) {}
