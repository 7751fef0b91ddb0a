#include "arch/i386/irq.hpp"

#include "lib/command.hpp"
#include "lib/log.hpp"
#include "lib/sync/preempt.hpp"
#include "lib/sync/softirq.hpp"

void irq_table::use_chip(irq_chip& chip) {
    lock_guard held(lock_);
    for (unsigned irq = 0; irq < NR_IRQS; ++irq) {
        if (chip_) chip_->mask(irq);
        if (lines_[irq].handler)
            chip.unmask(irq);
        else
            chip.mask(irq);
    }
    chip_ = &chip;
}

result<void> irq_table::request(unsigned irq, irq_handler handler, void* context,
                                const char* name) {
    kassert(handler && name, "irq {} is requested without a handler or a name", irq);
    if (irq >= NR_IRQS) return err{EINVAL};
    lock_guard held(lock_);
    kassert(chip_, "irq {} ({}) is requested before interrupts_init", irq, name);
    line& l = lines_[irq];
    if (l.handler) return err{EBUSY};
    l.handler = handler;
    l.context = context;
    l.name = name;
    chip_->unmask(irq);
    return {};
}

void irq_table::free(unsigned irq) {
    lock_guard held(lock_);
    kassert(irq < NR_IRQS && lines_[irq].handler, "irq {} is freed, but not in use", irq);
    chip_->mask(irq);
    lines_[irq].handler = nullptr;
    lines_[irq].context = nullptr;
    lines_[irq].name = nullptr;
}

void irq_table::handle(unsigned irq) {
    kassert(irq < NR_IRQS, "interrupt on line {}, there are {}", irq, NR_IRQS);
    irq_handler handler = nullptr;
    void* context = nullptr;
    bool report = false;
    {
        lock_guard held(lock_);
        kassert(chip_, "irq {} came before interrupts_init", irq);
        if (chip_->is_spurious(irq)) {
            ++spurious_;
            return;
        }
        line& l = lines_[irq];
        ++l.count;
        handler = l.handler;
        context = l.context;
        if (!handler) {
            chip_->mask(irq);
            report = !l.reported;
            l.reported = true;
        }
    }
    if (handler) handler(irq, context);
    if (report) pr_warn("irq {}: nobody listens, the line is masked", irq);
    lock_guard held(lock_);
    chip_->end_of_interrupt(irq);
}

void irq_table::count_spurious() {
    lock_guard held(lock_);
    ++spurious_;
}

bool irq_table::pending(unsigned irq) {
    lock_guard held(lock_);
    return irq < NR_IRQS && chip_ && chip_->is_pending(irq);
}

u32 irq_table::count(unsigned irq) {
    lock_guard held(lock_);
    return irq < NR_IRQS ? lines_[irq].count : 0;
}

u32 irq_table::spurious() {
    lock_guard held(lock_);
    return spurious_;
}

struct irq_table::snapshot {
    line l;
    irq_wiring wiring;
    const char* chip;
};

void irq_table::print(text_sink& out) {
    format_to(out, "           CPU0\n");
    for (unsigned irq = 0; irq < NR_IRQS; ++irq) {
        snapshot now;
        {
            // Copied line by line: `out` may be a console, which takes its time.
            lock_guard held(lock_);
            if (!chip_) return;
            now = {lines_[irq], chip_->wiring(irq), chip_->name()};
        }
        if (!now.l.handler && now.l.count == 0) continue;
        format_to(out, "{:>3}: {:>10}  {:>8} {:>3}-{:<6} {}\n", irq, now.l.count, now.chip,
                  now.wiring.pin, now.wiring.level ? "level" : "edge",
                  now.l.handler ? now.l.name : "(nobody)");
    }
    format_to(out, "SPU: {:>10}  Spurious interrupts\n", spurious());
}

// ---- the machine's own -----------------------------------------------------------

namespace {

constinit irq_table machine_irqs;

}  // namespace

irq_table& the_irq_table() { return machine_irqs; }

result<void> request_irq(unsigned irq, irq_handler handler, void* context,
                         const char* name) {
    return machine_irqs.request(irq, handler, context, name);
}

void free_irq(unsigned irq) { machine_irqs.free(irq); }

void handle_irq(unsigned irq) {
    irq_enter();
    machine_irqs.handle(irq);
    irq_exit();
    if (softirq_pending()) do_softirq();
}

void handle_spurious_interrupt() { machine_irqs.count_spurious(); }

REGISTER(monitor_command, irqs_command) = {
    .name = "irqs",
    .usage = "irqs",
    .help = "interrupts so far, line by line",
    .run =
        [](command_line&, text_sink& out) {
            machine_irqs.print(out);
            return 0;
        },
};
