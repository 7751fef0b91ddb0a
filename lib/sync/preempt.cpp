#include "lib/sync/preempt.hpp"

#include "lib/log.hpp"
#include "lib/ratelimit.hpp"

DEFINE_PER_CPU(u32, preempt_count_word) = {0};
DEFINE_PER_CPU(u32, need_resched_of_cpu) = {0};

constinit bool scheduling_possible = false;

namespace {

void log_sleep_in_atomic(const char* what, const atomic_context& context) {
    static constinit ratelimit limit;
    const ratelimit::verdict verdict = limit.ask(uptime_us());
    if (!verdict.pass) return;
    if (verdict.suppressed > 0)
        pr_err("{} reports like the next one were suppressed", verdict.suppressed);
    pr_err("BUG: sleeping function called from invalid context: {}", what);
    pr_err("  {}", context);
    dump_stack();
}

constinit sleep_reporter reporter = log_sleep_in_atomic;

}  // namespace

void format_value(text_sink& out, const format_spec&, const atomic_context& context) {
    if (context.interrupt)
        out.write("in an interrupt");
    else if (context.preempt_count > 0)
        format_to(out, "preempt_count {}", context.preempt_count);
    else
        out.write(context.irqs_off ? "interrupts off" : "nothing forbids it");
}

sleep_reporter set_sleep_reporter(sleep_reporter next) {
    const sleep_reporter before = reporter;
    reporter = next;
    return before;
}

void report_sleep_in_atomic(const char* what) {
    reporter(what, {in_interrupt(), preempt_count() & PREEMPT_MASK, !irqs_enabled()});
}
