// The host's runner: GoogleTest over host-tests/, and over every *_test.cpp of the
// tree. Those are what the kernel runs, with the kernel's macros; here each of them
// becomes a GoogleTest test when the program starts.
#include "host-tests/support/kernel.hpp"
#include "host-tests/support/kernel_memory.hpp"
#include "lib/test/test_case.hpp"

#include <gtest/gtest.h>

void test_failed(const char* file, int line, std::string_view what, std::string_view detail) {
    ADD_FAILURE_AT(file, line) << what << " does not hold: " << detail;
}

void test_skipped(const char* reason) { GTEST_SKIP() << reason; }

namespace {

// Everything that is conserved, as a test finds it; what it changes is its failure.
class conserved_counts {
public:
    conserved_counts() {
        for (const conserved* const kept : registered<conserved>())
            before_.push_back(kept->count());
    }
    void compare() {
        auto before = before_.begin();
        for (const conserved* const kept : registered<conserved>())
            EXPECT_EQ(kept->count(), *before++) << kept->name << ", behind the test and before";
    }

private:
    std::vector<u64> before_;
};

class shared_test final : public testing::Test {
public:
    explicit shared_test(void (*body)()) : body_(body) {}
    void TestBody() override {
        conserved_counts kept;
        body_();
        kept.compare();
    }

private:
    void (*body_)();
};

void register_shared_tests() {
    for (const test_case* test : registered<test_case>())
        testing::RegisterTest(test->suite, test->name, nullptr, nullptr, __FILE__, __LINE__,
                              [test]() -> testing::Test* { return new shared_test(test->body); });
}

// Each test starts with an empty log; a failed one shows what the kernel said.
class log_listener : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo&) override { clear_log(); }
    void OnTestEnd(const testing::TestInfo& info) override {
        if (!info.result()->Failed()) return;
        for (const log_line& line : kernel_log())
            printf("  kernel log <%d> %s\n", line.level, line.text.c_str());
    }
};

class check_what_is_conserved final : public testing::Environment {
    void TearDown() override {
        for (const conserved* const kept : registered<conserved>())
            if (kept->check) kept->check();
    }
};

}  // namespace

int main(int argc, char** argv) {
    set_up_kernel_memory();
    testing::InitGoogleTest(&argc, argv);
    register_shared_tests();
    testing::UnitTest::GetInstance()->listeners().Append(new log_listener);
    testing::AddGlobalTestEnvironment(new check_what_is_conserved);
    return RUN_ALL_TESTS();
}
