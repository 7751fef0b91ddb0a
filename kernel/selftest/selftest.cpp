#include "kernel/selftest/selftest.hpp"

#include <cpu/irqflags.hpp>
#include "kernel/selftest/packed_tests.hpp"
#include "lib/assert.hpp"
#include "lib/command.hpp"
#include "lib/console.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"
#include "lib/test/scratch.hpp"
#include "lib/test/test.hpp"
#include "mm/phys/page_alloc.hpp"

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

// Everything that is conserved, as it was before the next test.
class conserved_counts {
public:
    conserved_counts() {
        const auto kept = registered<conserved>();
        kassert(kept.size() <= most, "{} registered, room for {}", kept.size(), most);
        for (size_t i = 0; i < kept.size(); ++i) counts_[i] = kept[i]->count();
    }

    // What a test changed is its failure, and the next one's beginning.
    void compare() {
        for (u64* count = counts_; const conserved* const kept : registered<conserved>()) {
            const u64 before = *count;
            const u64 after = *count++ = kept->count();
            if (after == before) continue;
            text_buffer<80> change;
            format_to(change, "{} before it, {} behind it", before, after);
            test_failed(kept->name, 0, "what a test must leave as it found it", change.view());
        }
    }

private:
    static constexpr size_t most = 8;
    u64 counts_[most];
};

void check_all_that_is_conserved() {
    for (const conserved* const kept : registered<conserved>())
        if (kept->check) kept->check();
}

// Collects a line and writes it in one piece: a log record that an interrupt prints
// comes before or behind it, never in its middle.
class report_line final : public text_sink {
public:
    explicit report_line(text_sink& out) : out_(out) {}
    ~report_line() {
        text_.write("\n");
        out_.write(text_.view());
    }
    void write(std::string_view text) override { text_.write(text); }

private:
    text_sink& out_;
    text_buffer<400> text_;
};

// The tests' room (lib/test/scratch.hpp), for as long as they run; a test that runs
// others gets its own back.
class lent_scratch {
public:
    lent_scratch() : before_(test_scratch) {
        test_scratch = alloc_pages_exact(test_scratch_size, GFP_KERNEL | __GFP_ZERO);
    }
    ~lent_scratch() {
        if (test_scratch) free_pages_exact(test_scratch, test_scratch_size);
        test_scratch = before_;
    }
    lent_scratch(const lent_scratch&) = delete;
    lent_scratch& operator=(const lent_scratch&) = delete;

private:
    void* before_;
};

outcome run_one(const test_case& test, unsigned number, text_sink& out,
                conserved_counts& kept) {
    current = {&out, 0, nullptr};
    const bool irqs_before = irqs_enabled();
    test.body();
    if (irqs_enabled() != irqs_before) {
        test_failed("selftest", 0, "the interrupt flag is as it was before the test", {});
        irqs_before ? local_irq_enable() : local_irq_disable();
    }
    kept.compare();
    const outcome result = current.failures > 0 ? outcome::failed
                           : current.skip_reason ? outcome::skipped
                                                 : outcome::passed;
    report_line line(out);
    format_to(line, "{} {} {}.{}", result == outcome::failed ? "not ok" : "ok", number,
              test.suite, test.name);
    if (result == outcome::skipped) format_to(line, " # SKIP {}", current.skip_reason);
    return result;
}

}  // namespace

void test_failed(const char* file, int line, std::string_view what, std::string_view detail) {
    ++current.failures;
    report_line report(*current.out);
    format_to(report, "# {}:{}: {} does not hold", file, line, what);
    if (!detail.empty()) format_to(report, ": {}", detail);
}

void test_skipped(const char* reason) { current.skip_reason = reason; }

namespace {

selftest_result run_those_wanted(std::string_view glob, text_sink& out) {
    unsigned count = 0;
    for (const test_case* test : registered<test_case>()) count += wanted(*test, glob);

    selftest_result result;
    format_to(out, "KTAP version 1\n1..{}\n", count);
    unsigned number = 0;
    conserved_counts kept;
    for (const test_case* test : registered<test_case>()) {
        if (!wanted(*test, glob)) continue;
        switch (run_one(*test, ++number, out, kept)) {
            case outcome::passed: ++result.passed; break;
            case outcome::failed: ++result.failed; break;
            case outcome::skipped: ++result.skipped; break;
        }
    }
    check_all_that_is_conserved();
    if (count == 0) format_to(out, "# no test matches \"{}\"\n", glob);
    return result;
}

// Or says why not.
bool can_run(const unpacked_tests& tests, text_sink& out) {
    if (test_scratch && !tests.problem()) return true;
    format_to(out, "KTAP version 1\n1..0\n");
    if (tests.problem())
        format_to(out, "# no test can run: {}\n", tests.problem());
    else
        format_to(out, "# no memory: the tests want {} KiB in one piece\n",
                  test_scratch_size / 1024);
    return false;
}

}  // namespace

selftest_result run_selftests(std::string_view glob, text_sink& out) {
    const lent_scratch scratch;
    const unpacked_tests tests;
    selftest_result result;
    if (can_run(tests, out)) result = run_those_wanted(glob, out);
    if (result.total() == 0) result.failed = 1;
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

static constinit u64 things_left_behind = 0;
REGISTER(conserved, rig_conserved) = {
    .name = "rig",
    .count = [] { return things_left_behind; },
    .check = nullptr,
};
TEST(rig, leaves_something_behind) { ++things_left_behind; }
