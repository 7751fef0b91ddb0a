#include "kernel/random/random.hpp"

#include <cpu/tsc.hpp>
#include "arch/i386/cpu_features.hpp"
#include "kernel/random/chacha20.hpp"
#include "lib/clock.hpp"
#include "lib/spinlock.hpp"
#include "lib/string.hpp"

namespace {

constinit irq_spinlock lock{"the random numbers"};
constinit u32 key[8] GUARDED_BY(lock) = {};
constinit u32 drawn GUARDED_BY(lock) = 0;
constinit bool seeded GUARDED_BY(lock) = false;

u64 moment() { return has_tsc() ? read_tsc() : uptime_us(); }

u32 hardware_random() {
    u32 value = 0;
    if (boot_cpu().rdrand) asm volatile("rdrand %0" : "=r"(value)::"cc");
    return value;
}

chacha_block step() REQUIRES(lock) {
    const u64 now = moment();
    const chacha_block block =
        chacha20(key, {drawn++, static_cast<u32>(now), static_cast<u32>(now >> 32),
                       hardware_random()});
    memcpy(key, block.words, sizeof key);
    return block;
}

// Each step's time is a little of what nobody knows.
void seed() REQUIRES(lock) {
    if (seeded) return;
    seeded = true;
    for (u32 i = 0; i < 64; ++i) {
        key[i % 8] ^= hardware_random() ^ static_cast<u32>(moment());
        step();
        udelay(1);
    }
}

}  // namespace

void get_random_bytes(void* to, size_t bytes) {
    u8* at = static_cast<u8*>(to);
    while (bytes > 0) {
        const size_t some = min_of(bytes, sizeof key);
        lock_guard held(lock);
        seed();
        const chacha_block block = step();
        memcpy(at, block.words + 8, some);
        at += some;
        bytes -= some;
    }
}

void add_randomness(std::span<const u8> bytes) {
    lock_guard held(lock);
    seed();
    for (size_t i = 0; i < bytes.size(); ++i) {
        key[i / 4 % 8] ^= u32{bytes[i]} << i % 4 * 8;
        if (i % sizeof key == sizeof key - 1) step();
    }
    step();
}
