// The host's runner: GoogleTest over every *_test.cpp of the tree.
#include "host-tests/support/kernel.hpp"

#include <gtest/gtest.h>

namespace {

// Each test starts with an empty log; a failed one shows what the kernel said.
class log_listener : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo&) override { clear_log(); }
    void OnTestEnd(const testing::TestInfo& info) override {
        if (!info.result()->Failed()) return;
        for (const log_line& line : kernel_log())
            printf("  kernel log <%d> %s\n", line.level, line.text.c_str());
    }
};

}  // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    testing::UnitTest::GetInstance()->listeners().Append(new log_listener);
    return RUN_ALL_TESTS();
}
