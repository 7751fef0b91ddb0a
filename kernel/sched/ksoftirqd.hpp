// ksoftirqd: the task that runs softirqs when they come faster than interrupts should run
// them (lib/sync/softirq.hpp). It has the lowest priority, so programs come first.
#pragma once

// False: no memory.
[[nodiscard]] bool ksoftirqd_init();
