#include "drivers/time/rtc.hpp"

#include <cpu/io.hpp>
#include "lib/clock.hpp"
#include "lib/command.hpp"
#include "lib/spinlock.hpp"

namespace {

constexpr u16 index_port = 0x70, data_port = 0x71;

enum cmos_register : u8 {
    cmos_second = 0x00,
    cmos_minute = 0x02,
    cmos_hour = 0x04,
    cmos_day = 0x07,
    cmos_month = 0x08,
    cmos_year = 0x09,
    cmos_status_a = 0x0A,
    cmos_status_b = 0x0B,
    cmos_century = 0x32,
};

constinit irq_spinlock cmos_lock{"the CMOS ports"};

// Bit 7 of the index, left 0, keeps NMIs on.
u8 read_cmos(cmos_register index) {
    lock_guard held(cmos_lock);
    outb(index, index_port);
    io_delay();
    return inb(data_port);
}

// An update takes up to 2 ms and is announced 244 us before; a clock that is
// updating all the time is none.
constexpr u8 update_in_progress = 0x80;

bool wait_for_update_to_end() {
    for (u32 waited = 0; waited < 20'000; waited += 20) {
        if (!(read_cmos(cmos_status_a) & update_in_progress)) return true;
        udelay(20);
    }
    return false;
}

cmos_clock read_registers() {
    return {.second = read_cmos(cmos_second),
            .minute = read_cmos(cmos_minute),
            .hour = read_cmos(cmos_hour),
            .day = read_cmos(cmos_day),
            .month = read_cmos(cmos_month),
            .year = read_cmos(cmos_year),
            .century = read_cmos(cmos_century),
            .status_b = read_cmos(cmos_status_b)};
}

}  // namespace

result<calendar_time> read_rtc() {
    // Two equal readings have no update between them.
    for (int attempt = 0; attempt < 5; ++attempt) {
        if (!wait_for_update_to_end()) return err{EIO};
        const cmos_clock first = read_registers();
        if (!wait_for_update_to_end()) return err{EIO};
        if (first == read_registers()) return decode_cmos(first);
    }
    return err{EIO};
}

bool rtc_wait_for_second() {
    // Its divider chain counts a crystal of 32.768 kHz; else it is stopped or absent.
    constexpr u8 divider = 0x70, divider_runs = 0x20;
    constexpr u32 max_polls = 3'000'000;  // of 3 us on a PC, of less in an emulator
    if ((read_cmos(cmos_status_a) & divider) != divider_runs) return false;
    bool announced = false;
    for (u32 polls = 0; polls < max_polls; ++polls) {
        const bool updating = read_cmos(cmos_status_a) & update_in_progress;
        if (announced && !updating) return true;
        announced = updating;
    }
    return false;
}

REGISTER(monitor_command, date_command) = {
    .name = "date",
    .usage = "date",
    .help = "date and time of the battery clock",
    .run =
        [](command_line&, text_sink& out) {
            const auto now = read_rtc();
            if (!now) {
                format_to(out, "date: there is no clock, or it shows no date\n");
                return now.error();
            }
            format_to(out, "{}\n", *now);
            return 0;
        },
};
