// The runner of the tests that are in the image (lib/test/test.hpp registers
// them). Prints KTAP, and ends with "N passed, N failed, N skipped" alone on a
// line; that line and the exit status are what tools judge by.
//
// A test that traps does not take the machine down unless it is a bug outside
// the test's own expectations: then it is a panic, as anywhere.
#pragma once

#include "lib/format.hpp"

#include <string_view>

struct selftest_result {
    unsigned passed = 0;
    unsigned failed = 0;
    unsigned skipped = 0;

    unsigned total() const { return passed + failed + skipped; }
    // A glob that matches nothing is a failure, not a success.
    bool ok() const { return failed == 0 && passed + skipped > 0; }
};

// Runs the tests whose "suite.name" matches `glob`; empty: all but the suite
// "rig", whose tests fail on purpose and must be asked for by name.
selftest_result run_selftests(std::string_view glob, text_sink& out);
