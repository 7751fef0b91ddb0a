// vmalloc's interface in any order, against its model: no overlap, guards, contents, the
// lowest fit, and no address twice without a flush.
//
// Input: a byte for the window and its laziness, then pairs, an operation and its argument.
#include "arch/i386/paging/two_level.hpp"
#include "host-tests/mm/vmalloc_world.hpp"
#include "host-tests/support/kernel_memory.hpp"

namespace {

template <class Format>
void run(const u8* data, size_t size) {
    const u32 window_pages = 64 + (data[0] & 31) * 40;
    vmalloc_world<Format> world(window_pages, data[0] & 32 ? 0 : (data[0] & 64 ? 90 : 100000));
    fault_attr& fail = world.pages().fail_page_alloc();
    for (size_t i = 1; i + 1 < size; i += 2) {
        const u32 kind = data[i] / 10, argument = data[i + 1];
        switch (data[i] % 10) {
            case 0: case 1: case 2: world.alloc(1 + argument % 16, PAGE_SIZE); break;
            case 3: world.alloc(1 + argument, PAGE_SIZE << kind % 7); break;
            case 4: case 5: world.free(argument); break;
            case 6: world.map(argument); break;
            case 7: world.remap(1 + argument % 64); break;
            case 8:
                world.free_wrongly(world.start + argument * PAGE_SIZE, kind % 2 ? VM_MAP : VM_ALLOC);
                break;
            case 9:
                if (kind % 2) {
                    world.purge();
                } else {
                    // Refused for want of a page: all must be as it was.
                    fail_nth armed(fail, 1 + kind);
                    world.alloc_that_may_fail(1 + argument % 40);
                }
                break;
        }
        if (i % 16 == 1) world.check();
    }
    world.check();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    set_up_kernel_memory();
    if (size == 0) return 0;
    if (data[0] & 128) run<pae>(data, size);
    else run<two_level>(data, size);
    return 0;
}
