#include "host-tests/bench/results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

results::results(std::vector<std::string> rows, std::vector<std::string> columns,
                 std::string claimed)
    : rows_(std::move(rows)), columns_(std::move(columns)), claimed_(std::move(claimed)) {}

bool results::ReportContext(const Context&) { return true; }

void results::ReportRuns(const std::vector<Run>& runs) {
    for (const Run& run : runs) {
        if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
        const double ns = run.GetAdjustedCPUTime();
        const auto [kept, is_first] = least_.emplace(run.run_name.function_name, ns);
        if (!is_first) kept->second = std::min(kept->second, ns);
    }
}

// Infinite where there is none.
double results::ns(const std::string& row, const std::string& column) const {
    const auto found = least_.find(row + "/" + column);
    return found == least_.end() ? INFINITY : found->second;
}

// Null: nobody ran.
const std::string* results::ahead(const std::string& row) const {
    const auto first = std::min_element(
        columns_.begin(), columns_.end(),
        [&](const auto& a, const auto& b) { return ns(row, a) < ns(row, b); });
    return std::isinf(ns(row, *first)) ? nullptr : &*first;
}

// Ours ran, and everybody else.
bool results::has_rivals(const std::string& row) const {
    return std::none_of(columns_.begin(), columns_.end(),
                        [&](const auto& column) { return std::isinf(ns(row, column)); });
}

void results::print_row(const std::string& row) const {
    printf("%-20s", row.c_str());
    for (const std::string& column : columns_)
        if (const double figure = ns(row, column); std::isinf(figure))
            printf("%10s", "-");
        else
            printf("%10.2f", figure);
    printf("  %s\n", has_rivals(row) ? ahead(row)->c_str() : "");
}

void results::print_claim() const {
    const std::string& ours = columns_.front();
    unsigned held = 0, failed = 0;
    for (const std::string& row : rows_) {
        if (!row.starts_with(claimed_) || !has_rivals(row)) continue;
        const std::string& first = *ahead(row);
        ++(first == ours ? held : failed);
        if (first != ours)
            printf("%s is NOT ahead on %s: %.2f ns, %s %.2f\n", ours.c_str(), row.c_str(),
                   ns(row, ours), first.c_str(), ns(row, first));
    }
    if (held > 0 && failed == 0)
        printf("%s is ahead of all others on each %s\n", ours.c_str(), claimed_.c_str());
}

void results::print() const {
    char title[20];
    snprintf(title, sizeof title, "ns, %zu-bit", sizeof(void*) * 8);
    printf("%-20s", title);
    for (const std::string& column : columns_) printf("%10s", column.c_str());
    printf("  ahead\n");
    for (const std::string& row : rows_)
        if (ahead(row)) print_row(row);
    print_claim();
}
