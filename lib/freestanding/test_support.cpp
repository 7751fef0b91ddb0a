#include <test.hpp>

#include "lib/string.hpp"

bool test_detail::strings_equal(const char* a, const char* b) {
    if (!a || !b) return a == b;
    return strcmp(a, b) == 0;
}
