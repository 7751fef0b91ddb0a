#include "kernel/selftest/selftest.hpp"

#include <cpu/irqflags.hpp>
#include "lib/command.hpp"
#include "lib/console.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"
#include "lib/test/test.hpp"

namespace {

// The test that runs now. One at a time, so plain variables do.
struct {
    text_sink* out;
    unsigned failures;
    const char* skip_reason;
} current;

struct full_name {
    text_buffer<128> text;
    explicit full_name(const test_case& test) {
        format_to(text, "{}.{}", test.suite, test.name);
    }
    std::string_view view() const { return text.view(); }
};

bool wanted(const test_case& test, std::string_view glob) {
    if (glob.empty() || glob == "*") return std::string_view(test.suite) != "rig";
    return glob_match(glob, full_name(test).view());
}

enum class outcome { passed, failed, skipped };

outcome run_one(const test_case& test, unsigned number, text_sink& out) {
    current = {&out, 0, nullptr};
    const bool irqs_before = irqs_enabled();
    test.body();
    if (irqs_enabled() != irqs_before) {
        test_failed("selftest", 0, "the interrupt flag is as it was before the test", {});
        irqs_before ? local_irq_enable() : local_irq_disable();
    }
    const full_name name(test);
    if (current.failures > 0) {
        format_to(out, "not ok {} {}\n", number, name.view());
        return outcome::failed;
    }
    if (current.skip_reason) {
        format_to(out, "ok {} {} # SKIP {}\n", number, name.view(), current.skip_reason);
        return outcome::skipped;
    }
    format_to(out, "ok {} {}\n", number, name.view());
    return outcome::passed;
}

}  // namespace

void test_failed(const char* file, int line, std::string_view what, std::string_view detail) {
    ++current.failures;
    format_to(*current.out, "# {}:{}: {} does not hold", file, line, what);
    if (!detail.empty()) format_to(*current.out, ": {}", detail);
    current.out->write("\n");
}

void test_skipped(const char* reason) { current.skip_reason = reason; }

selftest_result run_selftests(std::string_view glob, text_sink& out) {
    unsigned count = 0;
    for (const test_case* test : registered<test_case>()) count += wanted(*test, glob);

    selftest_result result;
    format_to(out, "KTAP version 1\n1..{}\n", count);
    unsigned number = 0;
    for (const test_case* test : registered<test_case>()) {
        if (!wanted(*test, glob)) continue;
        switch (run_one(*test, ++number, out)) {
            case outcome::passed: ++result.passed; break;
            case outcome::failed: ++result.failed; break;
            case outcome::skipped: ++result.skipped; break;
        }
    }
    if (count == 0) {
        format_to(out, "# no test matches \"{}\"\n", glob);
        result.failed = 1;
    }
    format_to(out, "{} passed, {} failed, {} skipped\n", result.passed, result.failed,
              result.skipped);
    return result;
}

REGISTER(monitor_command, selftest_command) = {
    .name = "selftest",
    .usage = "selftest [GLOB]",
    .help = "run the tests in this image, all or those whose suite.name matches",
    .run = [](command_line& line, text_sink& out) {
        return run_selftests(line.arg(0), out).ok() ? 0 : EINVAL;
    },
};

// The rig's own proof that it can fail: never run unless asked for by name.
TEST(rig, fails_on_purpose) { EXPECT_EQ(1 + 1, 3); }
TEST(rig, passes) { EXPECT_EQ(1 + 1, 2); }
TEST(rig, is_skipped) { SKIP_TEST("on purpose"); }
