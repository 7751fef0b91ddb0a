#include "arch/i386/pic.hpp"

#include <cpu/io.hpp>

namespace {

constexpr u16 master_command = 0x20, master_data = 0x21;
constexpr u16 slave_command = 0xA0, slave_data = 0xA1;
constexpr unsigned cascade_irq = 2;

constexpr u8 icw1_init_with_icw4 = 0x11;  // edge-triggered, cascaded
constexpr u8 icw4_8086 = 0x01;
constexpr u8 ocw2_end_of = 0x60;  // specific end of interrupt, line in bits 0-2
constexpr u8 ocw3_read_requests = 0x0A;
constexpr u8 ocw3_read_in_service = 0x0B;

// Edge/level control of PCI chip sets: a bit a line.
constexpr u16 elcr_port = 0x4D0;
// Timer, keyboard, cascade, clock and FPU cannot be level-triggered: where one of
// these bits is set there is no such register.
constexpr u16 elcr_never = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 8 | 1u << 13;

void write(u8 value, u16 port) {
    outb(value, port);
    io_delay();
}

u8 read_register(u16 command_port, u8 ocw3) {
    write(ocw3, command_port);
    return inb(command_port);
}

class pic_pair final : public irq_chip {
public:
    bool init();

    const char* name() const override { return "XT-PIC"; }
    void mask(unsigned irq) override { set_mask(static_cast<u16>(mask_ | 1u << irq)); }
    void unmask(unsigned irq) override { set_mask(static_cast<u16>(mask_ & ~(1u << irq))); }
    void end_of_interrupt(unsigned irq) override;
    bool is_spurious(unsigned irq) override;
    bool is_pending(unsigned irq) override;
    irq_wiring wiring(unsigned irq) const override {
        return {irq, static_cast<bool>(level_lines_ & (1u << irq))};
    }

private:
    static constexpr u16 all_but_cascade = 0xFFFF & ~(1u << cascade_irq);

    void set_mask(u16 mask);

    u16 mask_ = all_but_cascade;
    u16 level_lines_ = 0;
};

bool pic_pair::init() {
    // Does a mask register answer at all? Everything else is masked meanwhile.
    outb(0xFF, slave_data);
    outb(static_cast<u8>(all_but_cascade), master_data);
    const bool present = inb(master_data) == static_cast<u8>(all_but_cascade);

    write(icw1_init_with_icw4, master_command);
    write(icw1_init_with_icw4, slave_command);
    write(FIRST_IRQ_VECTOR, master_data);
    write(FIRST_IRQ_VECTOR + 8, slave_data);
    write(1u << cascade_irq, master_data);  // the slave hangs on this line,
    write(cascade_irq, slave_data);         // and this is its number
    write(icw4_8086, master_data);
    write(icw4_8086, slave_data);
    set_mask(all_but_cascade);

    const u16 elcr = static_cast<u16>(inb(elcr_port) | inb(elcr_port + 1) << 8);
    level_lines_ = (elcr & elcr_never) ? 0 : elcr;
    return present;
}

void pic_pair::set_mask(u16 mask) {
    mask_ = static_cast<u16>(mask & ~(1u << cascade_irq));
    outb(static_cast<u8>(mask_), master_data);
    outb(static_cast<u8>(mask_ >> 8), slave_data);
}

void pic_pair::end_of_interrupt(unsigned irq) {
    if (irq >= 8) {
        outb(static_cast<u8>(ocw2_end_of | (irq - 8)), slave_command);
        irq = cascade_irq;
    }
    outb(static_cast<u8>(ocw2_end_of | irq), master_command);
}

bool pic_pair::is_spurious(unsigned irq) {
    if (irq == 7) return !(read_register(master_command, ocw3_read_in_service) & 0x80);
    if (irq != 15) return false;
    if (read_register(slave_command, ocw3_read_in_service) & 0x80) return false;
    // The slave served nothing, but the master did: its cascade line.
    outb(ocw2_end_of | cascade_irq, master_command);
    return true;
}

bool pic_pair::is_pending(unsigned irq) {
    const u8 requests =
        read_register(irq < 8 ? master_command : slave_command, ocw3_read_requests);
    return requests & (1u << (irq & 7));
}

constinit pic_pair the_pics;

}  // namespace

bool pic_init() { return the_pics.init(); }

irq_chip& pic_chip() { return the_pics; }
