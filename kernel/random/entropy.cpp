#include "kernel/random/entropy.hpp"

#include "lib/clock.hpp"
#include "lib/random.hpp"

void fill_random(void* to, size_t bytes) {
    static random_source source{uptime_us()};
    for (size_t i = 0; i < bytes; ++i) static_cast<u8*>(to)[i] = static_cast<u8>(source.below(256));
}
