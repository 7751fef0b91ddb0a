#include "arch/i386/apic.hpp"

#include "arch/i386/cpu_features.hpp"
#include "arch/i386/ioremap.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "lib/address.hpp"
#include "lib/log.hpp"

namespace {

constexpr u32 apic_base_msr = 0x1B;
constexpr u64 apic_base_address = 0xFFFFFF000ull;
constexpr u32 apic_base_x2apic = 1u << 10;
constexpr u32 apic_base_enabled = 1u << 11;
constexpr u8 spurious_vector = 0xFF;
constexpr u32 device_window = 4096;

u64 rdmsr(u32 msr) {
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return static_cast<u64>(high) << 32 | low;
}

void wrmsr(u32 msr, u64 value) {
    asm volatile("wrmsr" ::"c"(msr), "a"(static_cast<u32>(value)),
                 "d"(static_cast<u32>(value >> 32)));
}

// Where the CPU itself says that its LAPIC is, and in which mode. A Pentium has
// nothing to ask, but one place and one mode (MP specification 3.6.1).
u64 apic_base() {
    if (boot_cpu().apic_base_msr) return rdmsr(apic_base_msr);
    return 0xFEE00000 | apic_base_enabled;
}

// A table that lies must not have us write into RAM, our own included.
bool is_in_ram(u64 address) {
    return is_memory_at(address) || is_memory_at(address + device_window - 1);
}

volatile u32* map_device(u64 address) {
    if (address > phys_raw(~phys_raw{0}) - device_window) return nullptr;
    return static_cast<volatile u32*>(
        ioremap(phys_addr(static_cast<phys_raw>(address)), device_window));
}

// Intel SDM vol. 3, table 10-1.
class local_apic {
public:
    enum register_offset : u32 {
        id = 0x20,
        version = 0x30,
        task_priority = 0x80,
        end_of_interrupt = 0xB0,
        logical_destination = 0xD0,
        destination_format = 0xE0,
        spurious_interrupt = 0xF0,
        in_request = 0x200,  // eight registers of 32 vectors, 0x10 apart
        lvt_timer = 0x320,
        lvt_lint0 = 0x350,
        lvt_lint1 = 0x360,
        lvt_error = 0x370,
    };
    static constexpr u32 lvt_masked = 1u << 16;
    static constexpr u32 lvt_nmi = 4u << 8;
    static constexpr u32 lvt_ext_int = 7u << 8;

    // Null when there is one at `address`, turned on or not.
    const char* map(u64 address);
    bool mapped() const { return registers_; }
    void enable(u32 lint0);

    u32 read(register_offset offset) const { return registers_[offset / 4]; }
    void write(register_offset offset, u32 value) { registers_[offset / 4] = value; }
    bool requests(u8 vector) const {
        return registers_[(in_request + vector / 32 * 0x10) / 4] & (1u << vector % 32);
    }

private:
    volatile u32* registers_ = nullptr;
};

const char* local_apic::map(u64 address) {
    if (registers_) return nullptr;
    if (is_in_ram(address)) return "the firmware says that the local APIC is in RAM";
    volatile u32* registers = map_device(address);
    if (!registers) return "the local APIC cannot be mapped";
    const u32 found = registers[version / 4];
    if (found == 0 || found == ~u32{0}) {
        iounmap(registers);
        return "there is no local APIC where the firmware says";
    }
    registers_ = registers;
    return nullptr;
}

void local_apic::enable(u32 lint0) {
    write(destination_format, ~u32{0});  // the flat model
    write(logical_destination, 1u << 24);
    write(task_priority, 0);
    write(spurious_interrupt, 1u << 8 | spurious_vector);
    write(lvt_timer, lvt_masked);
    write(lvt_error, lvt_masked | spurious_vector);
    write(lvt_lint0, lint0);
    write(lvt_lint1, lvt_nmi);
    // What the firmware left in service would block its priority for ever.
    for (int i = 0; i < 16; ++i) write(end_of_interrupt, 0);
}

// Two windows onto its registers: select one, then read or write it.
class io_apic {
public:
    bool map(const io_apic_info& info);
    bool has(u32 gsi) const {
        return registers_ && gsi >= gsi_base_ && gsi - gsi_base_ < pins_;
    }
    void mask_all() {
        for (u32 pin = 0; pin < pins_; ++pin) write(redirection(pin), masked);
    }
    // The high half first: it names the CPU, and the low half lets go.
    void program(u32 gsi, u32 low, u8 apic_id) {
        const u32 at = redirection(gsi - gsi_base_);
        write(at, masked);
        write(at + 1, static_cast<u32>(apic_id) << 24);
        write(at, low);
    }
    u32 pin_of(u32 gsi) const { return gsi - gsi_base_; }

    static constexpr u32 masked = 1u << 16;
    static constexpr u32 level = 1u << 15;
    static constexpr u32 active_low = 1u << 13;

private:
    static constexpr u32 redirection(u32 pin) { return 0x10 + 2 * pin; }
    u32 read(u32 index) {
        registers_[0] = index;
        return registers_[4];
    }
    void write(u32 index, u32 value) {
        registers_[0] = index;
        registers_[4] = value;
    }

    volatile u32* registers_ = nullptr;
    u32 gsi_base_ = 0;
    u32 pins_ = 0;
};

bool io_apic::map(const io_apic_info& info) {
    if (is_in_ram(info.address)) {
        pr_notice("interrupts: the firmware says that an IO-APIC is in RAM, at {:#x}",
                  info.address);
        return false;
    }
    volatile u32* registers = map_device(info.address);
    if (!registers) return false;
    registers_ = registers;
    const u32 version = read(1);
    if (version == 0 || version == ~u32{0}) {
        iounmap(registers);
        registers_ = nullptr;
        return false;
    }
    gsi_base_ = info.gsi_base;
    pins_ = (version >> 16 & 0xFF) + 1;
    return true;
}

class apic_pair final : public irq_chip {
public:
    const char* init(const interrupt_topology& topology);
    void pass_pic_through();
    void shut_pic_out() { lapic_.enable(local_apic::lvt_masked | local_apic::lvt_ext_int); }

    const char* name() const override { return "IO-APIC"; }
    void mask(unsigned irq) override { program(irq, io_apic::masked); }
    void unmask(unsigned irq) override { program(irq, 0); }
    void end_of_interrupt(unsigned) override {
        lapic_.write(local_apic::end_of_interrupt, 0);
    }
    bool is_spurious(unsigned) override { return false; }  // those have their own vector
    bool is_pending(unsigned irq) override {
        return lapic_.requests(static_cast<u8>(FIRST_IRQ_VECTOR + irq));
    }
    irq_wiring wiring(unsigned irq) const override {
        const wire& w = wires_[irq];
        return {w.chip ? w.chip->pin_of(w.route.gsi) : 0, w.route.level};
    }

private:
    struct wire {
        io_apic* chip = nullptr;  // null: the line leads nowhere
        isa_route route = {};
    };

    void program(unsigned irq, u32 mask);

    local_apic lapic_;
    io_apic io_apics_[8];
    u32 io_apic_count_ = 0;
    wire wires_[NR_IRQS];
};

const char* apic_pair::init(const interrupt_topology& topology) {
    const cpu_features& cpu = boot_cpu();
    if (!cpu.apic) return "the CPU has no local APIC";
    const u64 base = apic_base();
    if (base & apic_base_x2apic) return "the firmware has put the APIC in x2APIC mode";
    if (!(base & apic_base_enabled)) wrmsr(apic_base_msr, base | apic_base_enabled);
    const u64 address =
        cpu.apic_base_msr ? topology.lapic_address : base & apic_base_address;
    if (const char* problem = lapic_.map(address)) return problem;

    for (const io_apic_info& info : topology.io_apics.view())
        if (io_apics_[io_apic_count_].map(info)) io_apics_[io_apic_count_++].mask_all();
    for (u8 irq = 0; irq < NR_IRQS; ++irq) {
        const auto route = route_isa_irq(topology, irq);
        for (u32 i = 0; route && i < io_apic_count_; ++i)
            if (io_apics_[i].has(route->gsi)) wires_[irq] = {&io_apics_[i], *route};
    }
    if (!wires_[0].chip) return "the timer's line leads to no IO-APIC";

    shut_pic_out();
    return nullptr;
}

void apic_pair::program(unsigned irq, u32 mask) {
    const wire& w = wires_[irq];
    if (!w.chip) return;
    const u32 low = (FIRST_IRQ_VECTOR + irq) | mask | (w.route.level ? io_apic::level : 0) |
                    (w.route.active_low ? io_apic::active_low : 0);
    w.chip->program(w.route.gsi, low, static_cast<u8>(lapic_.read(local_apic::id) >> 24));
}

void apic_pair::pass_pic_through() {
    for (u32 i = 0; i < io_apic_count_; ++i) io_apics_[i].mask_all();
    if (!boot_cpu().apic) return;
    const u64 base = apic_base();
    // Off: the PICs' output is the CPU's own pin. x2APIC: has no registers in
    // memory, and firmware that chose it has wired LINT0 as it needed it.
    if (!(base & apic_base_enabled) || (base & apic_base_x2apic)) return;
    if (const char* problem = lapic_.map(base & apic_base_address)) {
        pr_notice("interrupts: {}", problem);
        return;
    }
    lapic_.enable(local_apic::lvt_ext_int);
}

constinit apic_pair the_apics;

}  // namespace

const char* apic_init(const interrupt_topology& topology) {
    return the_apics.init(topology);
}

irq_chip& apic_chip() { return the_apics; }

void lapic_pass_pic_through() { the_apics.pass_pic_through(); }

void lapic_shut_pic_out() { the_apics.shut_pic_out(); }
