#include "kernel/syscall/poll_wait.hpp"

#include "kernel/signal/signal.hpp"

namespace {

constexpr u32 tick_us = 1000000 / HZ;

}  // namespace

s32 time_limit::left_ticks() const {
    if (is_none()) return MAX_SCHEDULE_TIMEOUT;
    const u64 left = left_us();
    if (left == 0) return 0;
    return static_cast<s32>(min_of((left + tick_us - 1) / tick_us + 1,
                                   u64{MAX_SCHEDULE_TIMEOUT - 1}));
}

result<time_limit> limit_of(s64 seconds, s64 parts, u32 parts_a_second) {
    constexpr s64 longer_than_any = s64{1} << 40;
    if (seconds < 0 || parts < 0 || parts >= parts_a_second) return err{EINVAL};
    if (seconds > longer_than_any) return time_limit::none();
    const u32 part_of_us = parts_a_second / 1000000;
    const u64 us = (static_cast<u64>(parts) + part_of_us - 1) / part_of_us;
    return time_limit::after_us(static_cast<u64>(seconds) * 1000000 + us);
}

result<u32> wait_for_any(poll_question& files, const time_limit& limit) {
    poll_table table;
    poll_table* first_time = limit.left_ticks() > 0 ? &table : nullptr;
    for (;;) {
        const u32 ready = files.ask(first_time);
        if (ready > 0) return ready;
        if (table.failed()) return err{ENOMEM};
        first_time = nullptr;
        const s32 ticks = limit.left_ticks();
        if (ticks == 0) return 0u;
        if (signal_pending()) return err{ERESTARTNOHAND};
        static_cast<void>(table.sleep(ticks));
    }
}

result<> take_mask(user_ptr<const u64> mask, u32 bytes) {
    signal_set wanted;
    if (bytes != sizeof wanted) return err{EINVAL};
    if (const result<> read = get_user<u64>(wanted, mask); !read) return read;
    set_temporary_mask(wanted);
    return {};
}

syscall_result with_mask_back(const result<u32>& ready, bool masked) {
    if (masked) static_cast<void>(keep_temporary_mask(ready.error() == ERESTARTNOHAND));
    return ready;
}
