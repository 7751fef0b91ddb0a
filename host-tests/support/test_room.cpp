// The room that the self-test's runner lends to tests in the kernel (lib/test/scratch.hpp).
// Here it is there from the start, for tests and fuzz targets alike.
#include "lib/test/scratch.hpp"

namespace {

alignas(test_scratch_alignment) char room[test_scratch_size];

[[maybe_unused]] const bool lent = [] {
    test_scratch = room;
    return true;
}();

}  // namespace
