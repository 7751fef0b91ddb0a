// A 16550 and its elders, seen through eight registers. The class is given the way
// to those registers, so a test can put a simulated (or broken) chip behind it.
//
//   offset   read          written             bit 7 of LCR set
//     0      received byte byte to transmit     divisor, low
//     1      IER           which interrupts     divisor, high
//     2      IIR           FCR: the FIFOs
//     3      LCR           format of a byte, bit 7 as above
//     4      MCR           DTR, RTS, OUT2 (lets interrupts through), loopback
//     5      LSR           data ready, overrun, break, transmitter empty
//     6      MSR           the partner's lines
//     7      scratch       scratch
//
// I1: nothing here waits: transmit and receive do what can be done at once.
// I2: after a probe that found nothing no other register is touched.
//
// Left out: the 8250 without a scratch register, parity, flow control by the
// partner's lines (CTS), FIFOs beyond 16 bytes.
#pragma once

#include "lib/types.hpp"

#include <optional>
#include <string_view>

template <class Ports>
concept uart_ports = requires(Ports ports, u16 offset, u8 value) {
    { ports.in(offset) } -> std::same_as<u8>;
    ports.out(value, offset);
};

template <uart_ports Ports>
class uart16550 {
public:
    struct received {
        u8 byte;
        bool is_break;  // the line was held low; `byte` means nothing
        bool overrun;   // bytes before this one were lost in the chip
        bool damaged;   // framing or parity
    };

    constexpr explicit uart16550(Ports ports) : ports_(ports) {}

    // Looks for the chip, and sets it to 115200 8N1 without interrupts if there is one.
    bool probe();

    bool present() const { return present_; }
    // Whether the chip heard itself when probed; emulators that do not loop back work.
    bool loops_back() const { return loops_back_; }
    u32 fifo_depth() const { return fifo_depth_; }

    // Hands over as many bytes as there is room for now; returns how many.
    size_t transmit(std::string_view bytes);

    std::optional<received> receive();

    // Interrupts for received bytes and line errors, and the sign to the partner that
    // it may send: held back, the bytes stay in the FIFO and at the partner.
    void listen(bool interrupts, bool partner_may_send);

private:
    enum : u16 {
        RBR = 0,
        THR = 0,
        IER = 1,
        IIR = 2,
        FCR = 2,
        LCR = 3,
        MCR = 4,
        LSR = 5,
        SCR = 7,
    };
    enum : u8 {
        IER_RECEIVED = 0x01,
        IER_LINE_STATUS = 0x04,
        FCR_ENABLE_AND_CLEAR_TRIGGER_8 = 0x87,
        IIR_FIFO = 0xc0,
        LCR_8N1 = 0x03,
        LCR_DIVISOR = 0x80,
        MCR_DTR = 0x01,
        MCR_RTS = 0x02,
        MCR_OUT2 = 0x08,
        MCR_LOOPBACK = 0x10,
        LSR_DATA = 0x01,
        LSR_OVERRUN = 0x02,
        LSR_PARITY = 0x04,
        LSR_FRAMING = 0x08,
        LSR_BREAK = 0x10,
        LSR_TRANSMITTER_READY = 0x20,
        LSR_FIFO_ERROR = 0x80,
    };
    static constexpr u8 nothing_there = 0xff;  // what a bus without a device reads

    static constexpr u32 max_early = 32;

    bool answers();
    void set_up();
    bool hears_itself();
    void keep_early_bytes();

    Ports ports_;
    u8 early_[max_early] = {};  // typed before the probe, given out first
    u32 early_count_ = 0;
    u32 early_given_ = 0;
    bool present_ = false;
    bool loops_back_ = false;
    u32 fifo_depth_ = 1;
};

// A floating bus may echo the last value for a moment, so something else passes
// over it between writing a pattern and reading it back.
template <uart_ports Ports>
bool uart16550<Ports>::answers() {
    for (const u8 pattern : {u8{0x5a}, u8{0xa5}}) {
        ports_.out(pattern, SCR);
        ports_.out(LCR_8N1, LCR);
        if (ports_.in(SCR) != pattern) return false;
        if (ports_.in(LCR) != LCR_8N1) return false;
    }
    ports_.out(0, IER);
    return ports_.in(IER) == 0 && ports_.in(LSR) != nothing_there;
}

// What has been typed while the machine started would be lost with the change to
// FIFOs. The chip is in loopback then, so nothing arrives behind our back.
template <uart_ports Ports>
void uart16550<Ports>::keep_early_bytes() {
    while (early_count_ < max_early && (ports_.in(LSR) & LSR_DATA))
        early_[early_count_++] = ports_.in(RBR);
}

template <uart_ports Ports>
void uart16550<Ports>::set_up() {
    ports_.out(MCR_LOOPBACK | MCR_RTS | MCR_DTR, MCR);
    keep_early_bytes();
    constexpr u16 divisor = 1;  // 115200 = 1.8432 MHz / 16 / 1
    ports_.out(LCR_DIVISOR, LCR);
    ports_.out(divisor & 0xff, THR);
    ports_.out(divisor >> 8, IER);
    ports_.out(LCR_8N1, LCR);
    ports_.out(0, IER);
    ports_.out(FCR_ENABLE_AND_CLEAR_TRIGGER_8, FCR);
    // The first 16550 had a FIFO that does not work, and says so with one bit of two.
    fifo_depth_ = (ports_.in(IIR) & IIR_FIFO) == IIR_FIFO ? 16 : 1;
}

// The byte is one that an emulator without loopback sends nowhere visible.
template <uart_ports Ports>
bool uart16550<Ports>::hears_itself() {
    constexpr u8 probe_byte = 0xff;
    constexpr int patience = 2000;  // register accesses, about a microsecond each
    ports_.out(probe_byte, THR);
    for (int i = 0; i < patience; ++i) {
        if (!(ports_.in(LSR) & LSR_DATA)) continue;
        const u8 byte = ports_.in(RBR);
        if (byte == probe_byte) return true;
        if (early_count_ < max_early) early_[early_count_++] = byte;
    }
    return false;
}

template <uart_ports Ports>
bool uart16550<Ports>::probe() {
    present_ = answers();
    if (!present_) return false;
    set_up();
    loops_back_ = hears_itself();
    listen(false, true);
    return true;
}

template <uart_ports Ports>
size_t uart16550<Ports>::transmit(std::string_view bytes) {
    if (!present_ || !(ports_.in(LSR) & LSR_TRANSMITTER_READY)) return 0;
    const size_t count = min_of(bytes.size(), static_cast<size_t>(fifo_depth_));
    for (size_t i = 0; i < count; ++i) ports_.out(static_cast<u8>(bytes[i]), THR);
    return count;
}

template <uart_ports Ports>
std::optional<typename uart16550<Ports>::received> uart16550<Ports>::receive() {
    if (!present_) return std::nullopt;
    if (early_given_ < early_count_)
        return received{early_[early_given_++], false, false, false};
    const u8 status = ports_.in(LSR);
    if (status == nothing_there || !(status & LSR_DATA)) return std::nullopt;
    return received{
        .byte = ports_.in(RBR),
        .is_break = (status & LSR_BREAK) != 0,
        .overrun = (status & LSR_OVERRUN) != 0,
        .damaged = (status & (LSR_FRAMING | LSR_PARITY)) != 0,
    };
}

template <uart_ports Ports>
void uart16550<Ports>::listen(bool interrupts, bool partner_may_send) {
    if (!present_) return;
    const u8 rts = partner_may_send ? MCR_RTS : 0;
    ports_.out(MCR_DTR | MCR_OUT2 | rts, MCR);
    ports_.out(interrupts ? IER_RECEIVED | IER_LINE_STATUS : 0, IER);
}
