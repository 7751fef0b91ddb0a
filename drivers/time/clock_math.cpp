#include "drivers/time/clock_math.hpp"

std::optional<clock_scale> make_clock_scale(u32 numerator, u32 denominator) {
    if (numerator == 0 || numerator >= denominator) return {};
    // Long division, a bit at a time, until the quotient has its 32 bits.
    u64 rest = numerator;
    u64 quotient = 0;
    u32 bits = 0;
    while (quotient < (u64{1} << 31)) {
        rest <<= 1;
        quotient <<= 1;
        ++bits;
        if (rest >= denominator) {
            rest -= denominator;
            quotient |= 1;
        }
    }
    if (bits > 32 + 31) return {};
    return clock_scale{static_cast<u32>(quotient), static_cast<u8>(bits - 32)};
}

u32 shortest_of(std::span<const u32> cycles) {
    u32 shortest = ~u32{0};
    for (u32 c : cycles) shortest = min_of(shortest, c);
    return shortest;
}

agreement shortest_agree(std::span<const u32> cycles) {
    if (cycles.size() < 2) return agreement::none;
    u32 first = ~u32{0}, second = ~u32{0};
    for (u32 c : cycles) {
        if (c < first) {
            second = first;
            first = c;
        } else {
            second = min_of(second, c);
        }
    }
    const u32 apart = second - first;
    if (apart <= first / 1024) return agreement::close;
    return apart <= first / 16 ? agreement::rough : agreement::none;
}

u32 khz_from(u32 cycles, u32 counts, u32 hz) {
    if (counts == 0) return 0;
    const u64 khz = static_cast<u64>(cycles) * hz / counts / 1000;
    return khz > 1000 && khz <= 100'000'000 ? static_cast<u32>(khz) : 0;
}

u64 tick_clock::read(u32 counter) {
    u32 phase = counter <= period_ ? period_ - counter : 0;
    if (phase >= period_) phase = period_ - 1;
    if (phase < last_phase_) {
        ++periods_;
        ++owed_;
    }
    last_phase_ = phase;
    return periods_ * period_ + phase;
}

void tick_clock::tick(u32 counter) {
    read(counter);
    if (owed_ > 0)
        --owed_;
    else
        ++periods_;
}
