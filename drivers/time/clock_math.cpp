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

std::optional<agreement> closest_pair(std::span<const u32> measurements) {
    std::optional<agreement> best;
    for (size_t i = 0; i < measurements.size(); ++i)
        for (size_t j = 0; j < i; ++j) {
            const u32 low = min_of(measurements[i], measurements[j]);
            const u32 apart = max_of(measurements[i], measurements[j]) - low;
            if (!best || apart < best->apart) best = agreement{low + apart / 2, apart};
        }
    return best;
}

u32 khz_from(u64 cycles, u32 counts, u32 hz) {
    if (counts == 0 || cycles > (u64{1} << 40)) return 0;
    const u64 khz = cycles * (hz / 1000) / counts + cycles * (hz % 1000) / counts / 1000;
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
