// What a test is to those who run it: the kernel's runner (kernel/selftest), and on
// the host host-tests/main.cpp. Each defines what is only declared here.
#pragma once

#include "lib/registry.hpp"

#include <string_view>

struct test_case {
    const char* suite;
    const char* name;
    void (*body)();
};
DECLARE_REGISTRY(test_case);

void test_failed(const char* file, int line, std::string_view what, std::string_view detail);
void test_skipped(const char* reason);

namespace test_detail {
bool strings_equal(const char* a, const char* b);
}
