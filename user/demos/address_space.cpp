// Each process has 3 GiB of addresses of its own; the last gigabyte is the kernel's, the
// same for all, and out of reach for programs.
#include "user/demos/demo.hpp"

namespace {

u32 value = 1;

void change_value(void*) {
    value = 2;
    exit(value == 2 ? 0 : 1);
}

void read_kernel(void*) { peek(PAGE_OFFSET + 0x100000); }

struct reached {
    u32 mib;
    int error;
};

void use_up_addresses(void* of) {
    reached& result = *static_cast<reached*>(of);
    for (u32 piece = 64 << 20; piece >= 1 << 20;) {
        const u32 got =
            mmap(0, piece, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
        if (failed(got)) {
            result.error = int(got);
            piece /= 2;
        } else {
            result.mib += piece >> 20;
        }
    }
}

}  // namespace

DEMONSTRATION(address_space, "address-space", "A2",
              "one address, two processes; 3 GiB each") {
    value = 1;
    const u32 status = in_child(change_value, nullptr);
    see(status == 0, "a child wrote 2 to 0x{:08x} and read it back", u32(&value));
    see(value == 1, "here there is still {}: same address, another frame", value);
    const u32 killed = in_child(read_kernel, nullptr);
    see(status_signal(killed) == SIGSEGV,
        "a child that reads 0x{:08x}, the kernel's, is ended by signal {}",
        PAGE_OFFSET + 0x100000, status_signal(killed));
}

DEMONSTRATION(limit, "limit", "F2", "addresses run out at 3 GiB, with ENOMEM") {
    // A child tries, because it has room for nothing else afterwards; it tells by memory
    // that both have.
    reached* const result = reinterpret_cast<reached*>(
        anonymous(1, PROT_READ | PROT_WRITE, MAP_SHARED));
    in_child(use_up_addresses, result);
    see(result->mib > 2900, "{} MiB could be mapped: nearly all of 3 GiB", result->mib);
    see(result->error == -ENOMEM, "then: {}", error_text(result->error));
    munmap(u32(result), PAGE_SIZE);
}
