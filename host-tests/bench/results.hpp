// The figures of one run of Google Benchmark, as a table:
//
//     ns, 64-bit                Loci     glibc  mimalloc  jemalloc  tcmalloc  ahead
//     pair 32                   4.64     10.98      9.49      7.45      5.87  Loci
//
// A benchmark is called ROW/ALLOCATOR. It is repeated often and briefly, in turn with
// all others, and its figure is the least: what else the machine does only ever adds,
// and is less likely to be there each time for one of them than for all.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

class results final : public benchmark::BenchmarkReporter {
public:
    // What stands in the table, and in which order. The first column is ours, and is
    // meant to be ahead in each row whose name begins with `claimed`.
    results(std::vector<std::string> rows, std::vector<std::string> columns,
            std::string claimed);

    bool ReportContext(const Context& context) override;
    void ReportRuns(const std::vector<Run>& runs) override;

    // The table, and whether the claim holds. Nothing is said of what did not run.
    void print() const;

private:
    double ns(const std::string& row, const std::string& column) const;
    const std::string* ahead(const std::string& row) const;
    bool has_rivals(const std::string& row) const;
    void print_row(const std::string& row) const;
    void print_claim() const;

    std::vector<std::string> rows_;
    std::vector<std::string> columns_;
    std::string claimed_;
    std::map<std::string, double> least_;  // by the benchmark's name
};
