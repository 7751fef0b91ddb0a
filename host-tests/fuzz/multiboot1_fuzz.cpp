// Multiboot 1 information of any content (host-tests/support/lying_loader.hpp).
#include "host-tests/support/lying_loader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    fuzz_capture(MULTIBOOT1_MAGIC, data, size);
    return 0;
}
