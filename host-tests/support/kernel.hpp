// What the host tests see of the kernel's log, panics and failed assertions.
#pragma once

#include "lib/types.hpp"

#include <string>
#include <vector>

// A panic or a failed assertion throws this on the host, so that a test can say
// EXPECT_THROW(lock.unlock(), kernel_panic).
struct kernel_panic {
    std::string message;
};

struct log_line {
    int level;
    std::string text;
};

// What uptime_us() says. Stands still until a test moves it.
extern u64 host_uptime_us;

// The log since the test began (or since the last call of clear_log).
std::vector<log_line>& kernel_log();
void clear_log();
