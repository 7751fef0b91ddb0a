// Changing 64 bits at once on a CPU without cmpxchg8b: the compiler calls these where the
// kernel is built for a 486. No interrupt may come in between, and there is no other CPU:
// what has several has the instruction.
#include <cpu/irqflags.hpp>
#include "lib/types.hpp"

namespace {

[[gnu::always_inline]] inline u64 swap_if_equal(volatile u64* place, u64 expected, u64 wanted) {
    const irq_state state = local_irq_save();
    const u64 found = *place;
    if (found == expected) *place = wanted;
    local_irq_restore(state);
    return found;
}

}  // namespace

// Not by their own names: the compiler knows functions of these names with other types.
extern "C" u64 sync_val_compare_and_swap_8(volatile u64* place, u64 expected, u64 wanted)
    asm("__sync_val_compare_and_swap_8");
extern "C" bool sync_bool_compare_and_swap_8(volatile u64* place, u64 expected, u64 wanted)
    asm("__sync_bool_compare_and_swap_8");

u64 sync_val_compare_and_swap_8(volatile u64* place, u64 expected, u64 wanted) {
    return swap_if_equal(place, expected, wanted);
}
bool sync_bool_compare_and_swap_8(volatile u64* place, u64 expected, u64 wanted) {
    return swap_if_equal(place, expected, wanted) == expected;
}

// clang++ calls this one, and passes all on the stack, whatever -mregparm says.
extern "C" [[gnu::regparm(0)]] bool atomic_compare_exchange_8(
    volatile u64* place, u64* expected, u64 wanted, int success, int failure)
    asm("__atomic_compare_exchange_8");
bool atomic_compare_exchange_8(volatile u64* place, u64* expected, u64 wanted, int, int) {
    const u64 found = swap_if_equal(place, *expected, wanted);
    const bool equal = found == *expected;
    *expected = found;
    return equal;
}
