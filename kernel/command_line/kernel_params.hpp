// The words of the command line that the kernel/ floor itself listens to.
#pragma once

#include <string_view>

struct kernel_params {
    std::string_view init;  // empty: /init if there is one

    // In this order they win over init.
    bool run_selftest = false;
    std::string_view selftest_glob = "*";
    bool run_bench = false;
    std::string_view bench_glob = "*";
};

// The words as given, the defaults for those that were not.
const kernel_params& the_kernel_params();
