#include "kernel/console/console_list.hpp"

#include <cpu/irqflags.hpp>
#include "kernel/log/log.hpp"

void console_list::add(console_device& device) {
    console_device** end = &first_;
    while (*end) end = &(*end)->next_;
    *end = &device;
    apply_choice();
}

bool console_list::choose(std::string_view value) {
    if (!choice_.add(value)) return false;
    apply_choice();
    return true;
}

bool console_list::settle() {
    for (console_device* d = first_; d; d = d->next_)
        if (d->enabled_) return true;
    if (choice_.empty()) return true;
    choice_.clear();
    apply_choice();
    return false;
}

console_device* console_list::preferred() const {
    return choice_.empty() ? nullptr : find(choice_.preferred());
}

console_device* console_list::find(std::string_view name) const {
    for (console_device* d = first_; d; d = d->next_)
        if (name == d->name()) return d;
    return nullptr;
}

void console_list::write_bytes(std::string_view bytes) {
    for (console_device* d = first_; d; d = d->next_)
        if (d->enabled_) d->write_bytes(bytes);
}

void console_list::write(std::string_view text) {
    for (console_device* d = first_; d; d = d->next_)
        if (d->enabled_) d->write(text);
}

void console_list::enter_panic() {
    for (console_device* d = first_; d; d = d->next_) d->enter_panic();
}

// Interrupts are off from the replay to the enabling, so that no line comes between
// the two (I2 of console.hpp).
void console_list::apply_choice() {
    for (console_device* d = first_; d; d = d->next_) {
        const bool wanted = choice_.wants(d->name());
        const irq_state before = local_irq_save();
        if (wanted && !d->enabled_) replay_log(*d, d->log_place_);
        if (!wanted && d->enabled_) d->log_place_ = shown_log_sequence();
        d->enabled_ = wanted;
        local_irq_restore(before);
    }
}
