// After each test, this CPU may sleep and allocate as freely as before it. If not, all
// tests behind it would see the careful ways of allocators only.
#include "lib/sync/preempt.hpp"
#include "lib/test/test_case.hpp"

REGISTER(conserved, preempt_count_conserved) = {
    .name = "preempt count",
    .count = []() -> u64 { return this_cpu_read(preempt_count_word); },
    .check = nullptr,
};
