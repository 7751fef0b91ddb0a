#include "drivers/serial/uart.hpp"

#include <cpu/io.hpp>
#include "arch/i386/irq.hpp"
#include "drivers/serial/uart16550.hpp"
#include "lib/console.hpp"
#include "lib/ratelimit.hpp"
#include "lib/spinlock.hpp"

namespace {

constexpr u16 com1 = 0x3f8;
constexpr unsigned com1_irq = 4;

struct com1_ports {
    u8 in(u16 offset) const { return inb(com1 + offset); }
    void out(u8 value, u16 offset) const { outb(value, com1 + offset); }
};

class serial_console final : public console_device {
public:
    constexpr serial_console() : console_device("ttyS0") {}

    bool start();
    bool present() {
        lock_guard held(lock_);
        return uart_.present();
    }
    void use_interrupts();
    void write(std::string_view text) override;
    void write_bytes(std::string_view bytes) override { send(bytes); }
    void enter_panic() override { lock_.break_lock(); }

    // Moves what has arrived to the console; from the interrupt and from polls.
    void drain();

    atomic<void (*)()> on_break{nullptr};

private:
    // A character takes 87 us at 115200 baud and a read of a register at least 0.1 us
    // on any bus: this is far longer than a full FIFO takes, and than an emulator's host
    // stands still. About two seconds on a PC whose line is stuck, once.
    static constexpr u32 patience = 2'000'000;

    void send(std::string_view bytes);
    size_t send_some(std::string_view bytes) {
        lock_guard held(lock_);
        return uart_.transmit(bytes);
    }

    irq_spinlock lock_{"the serial line"};
    uart16550<com1_ports> uart_ GUARDED_BY(lock_){com1_ports{}};
    bool interrupts_ GUARDED_BY(lock_) = false;
    bool held_back_ GUARDED_BY(lock_) = false;
    atomic<bool> stuck_{false};
};

bool serial_console::start() {
    lock_guard held(lock_);
    return uart_.probe();
}

void serial_console::use_interrupts() {
    lock_guard held(lock_);
    interrupts_ = true;
    uart_.listen(true, true);
}

void serial_console::send(std::string_view bytes) {
    u32 tries = 0;
    while (!bytes.empty()) {
        const size_t sent = send_some(bytes);
        bytes.remove_prefix(sent);
        if (sent > 0) {
            stuck_.store(false, memory_order::relaxed);
            tries = 0;
        } else if (stuck_.load(memory_order::relaxed) || ++tries == patience) {
            stuck_.store(true, memory_order::relaxed);
            return;
        }
    }
}

void serial_console::write(std::string_view text) {
    while (!text.empty()) {
        const size_t newline = text.find('\n');
        const size_t length = newline == std::string_view::npos ? text.size() : newline;
        send({text.data(), length});
        text.remove_prefix(length);
        if (text.empty()) return;
        send("\r\n");
        text.remove_prefix(1);
    }
}

void serial_console::drain() {
    bool overrun = false;
    bool was_break = false;
    {
        lock_guard held(lock_);
        if (!uart_.present()) return;
        size_t room = console_input_room(console_line::ttyS0);
        // A chip that always claims to have a byte ends the loop with the room.
        for (; room > 0; --room) {
            const auto got = uart_.receive();
            if (!got) break;
            overrun |= got->overrun;
            was_break |= got->is_break;
            if (got->is_break || got->damaged) continue;
            console_input(console_line::ttyS0, static_cast<char>(got->byte));
        }
        // Asking leaves word with the console, which then polls.
        const bool hold = room == 0 && console_input_room(console_line::ttyS0) == 0;
        if (hold != held_back_) {
            held_back_ = hold;
            uart_.listen(interrupts_ && !hold, !hold);
        }
    }
    if (overrun) pr_warn_ratelimited("ttyS0: bytes were lost, they came too fast");
    if (was_break) {
        if (void (*handler)() = on_break.load(memory_order::relaxed)) handler();
    }
}

constinit serial_console ttyS0;

}  // namespace

void serial_init_early() {
    if (ttyS0.start()) register_console(ttyS0);
}

void serial_enable_interrupts() {
    if (!ttyS0.present()) return;
    const auto handler = [](unsigned, void*) { ttyS0.drain(); };
    if (!request_irq(com1_irq, handler, nullptr, "ttyS0")) {
        pr_warn("ttyS0: IRQ {} cannot be had, the line is for output only", com1_irq);
        return;
    }
    ttyS0.use_interrupts();
    ttyS0.drain();  // what came before gives no edge
}

void set_serial_break_handler(void (*handler)()) {
    ttyS0.on_break.store(handler, memory_order::relaxed);
}

REGISTER(console_source, serial_source) = {
    .name = "ttyS0",
    .poll = [] { ttyS0.drain(); },
};
