#include "kernel/sched/ksoftirqd.hpp"

#include "kernel/sched/kthread.hpp"
#include "kernel/sched/schedule.hpp"
#include "lib/command.hpp"
#include "lib/sync/softirq.hpp"
#include "lib/sync/wait_queue.hpp"

namespace {

constinit wait_queue_head work_left{"ksoftirqd"};

int run_softirqs(void*) {
    for (;;) {
        static_cast<void>(
            wait_event_interruptible(work_left, [] { return softirq_pending(); }));
        do_softirq();
        yield();
    }
}

}  // namespace

bool ksoftirqd_init() {
    const auto thread = kthread_create(run_softirqs, nullptr, "ksoftirqd");
    if (!thread) return false;
    set_user_nice(**thread, NICE_MAX);
    set_softirq_helper([] { wake_up(work_left); });
    wake_up_process(**thread);
    return true;
}

REGISTER(monitor_command, softirqs_command) = {
    .name = "softirqs",
    .usage = "softirqs",
    .help = "how often each softirq has run",
    .run =
        [](command_line&, text_sink& out) {
            for (u32 number = 0; number < NR_SOFTIRQS; ++number)
                format_to(out, "{:>10}: {:>10}\n", softirq_name(static_cast<softirq>(number)),
                          softirq_count(static_cast<softirq>(number)));
            return 0;
        },
};
