// What a test is to those who run it: the kernel's runner (kernel/selftest), and on
// the host host-tests/main.cpp. Each defines what is only declared here.
#pragma once

#include "lib/registry.hpp"
#include "lib/types.hpp"

#include <string_view>

struct test_case {
    const char* suite;
    const char* name;
    void (*body)();
};
DECLARE_REGISTRY(test_case);

// What each test must leave as it found it, registered by whoever counts it. Of use
// in the kernel, where all tests share one world.
struct conserved {
    const char* name;
    u64 (*count)();  // may go through all there is: a bug in Loci if it does not add up
    void (*check)();  // dearer: after the last test
};
DECLARE_REGISTRY(conserved);

void test_failed(const char* file, int line, std::string_view what, std::string_view detail);
void test_skipped(const char* reason);

namespace test_detail {
bool strings_equal(const char* a, const char* b);
}
