#include "lib/init.hpp"

namespace {

// Set while one CPU runs.
constinit bool freed = false;

}  // namespace

void init_memory_freed() { freed = true; }
bool init_memory_is_freed() { return freed; }
