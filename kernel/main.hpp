// Where boot/ hands over to the kernel: on the guarded stack whose end is given,
// interrupts off.
#pragma once

#include "lib/types.hpp"

[[noreturn]] void kernel_main(u32 stack_top);
