// <test.hpp> of the tests in host-tests/: GoogleTest itself.
#pragma once

#include "lib/format.hpp"

#include <gtest/gtest.h>

#include <string>

#define SKIP_TEST(reason) GTEST_SKIP() << reason

// Types that format themselves are printed by GoogleTest in that form.
template <has_format_value T>
void PrintTo(const T& value, std::ostream* out) {
    text_buffer<256> text;
    format_to(text, "{}", value);
    *out << text.view();
}
