// What a result reports, and errno names against those of the C library.
#include "lib/result.hpp"

#include "host-tests/support/kernel.hpp"

#include <test.hpp>

#include <cstring>
#include <string>

TEST(result_detectors, report_a_value_taken_from_a_failure) {
    result<int> failed = err{ENOENT};
    EXPECT_THROW(*failed, kernel_panic);
    const result<std::string> empty = err{ENOENT};
    EXPECT_THROW(empty->size(), kernel_panic);
}

TEST(result_detectors, report_a_failure_without_an_errno) {
    EXPECT_THROW(result<int>(err{0}), kernel_panic);
    EXPECT_THROW(result<>(err{0}), kernel_panic);
    EXPECT_THROW(result<>(err{-EINVAL}), kernel_panic);
}

TEST(errno_model, each_named_errno_has_the_name_that_the_host_gives_it) {
    int named = 0;
    for (int code = 1; code < 200; ++code) {
        const std::string name = errno_name(code);
        if (name == "errno ?") continue;
        ++named;
        ASSERT_NE(strerrorname_np(code), nullptr) << code;
        EXPECT_EQ(name, strerrorname_np(code));
    }
    EXPECT_EQ(named, 41);
}
