// Until mm/vm has page tables of users from which to take pages (and for the tests of that,
// see unmap_stand_in_test.cpp).
#include "mm/cache/address_space.hpp"

[[gnu::weak]] void unmap_mapping_range(address_space&, u32, u32) {}
