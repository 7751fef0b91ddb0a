// Signals, sleeping and the power switch.
#include "user/lib/calls.hpp"
#include "user/lib/program.hpp"

PROGRAM(kill, "[-SIGNAL] PID...", "sends a signal, by its number; without one: 15") {
    u32 signal = u32(SIGTERM);
    if (args.has(0) && args[0][0] == '-') {
        if (!parse_number(args[0] + 1, signal)) return wrong_usage("kill");
        args = args.rest();
    }
    if (args.count == 0) return wrong_usage("kill");
    int status = 0;
    for (int i = 0; i < args.count; i++) {
        const bool group = args[i][0] == '-';
        u32 pid = 0;
        if (!parse_number(args[i] + group, pid)) return wrong_usage("kill");
        if (const int error = kill(group ? -int(pid) : int(pid), int(signal)); error < 0) {
            complain("kill", args[i], error);
            status = 1;
        }
    }
    return status;
}

PROGRAM(sleep, "SECONDS", "waits") {
    u32 seconds = 0;
    if (args.count != 1 || !parse_number(args[0], seconds)) return wrong_usage("sleep");
    while (seconds-- > 0) sleep_for(1000);
    return 0;
}

PROGRAM(poweroff, "", "switches the machine off, at once") {
    constexpr u32 magic1 = 0xfee1dead, magic2 = 672274793, power_off = 0x4321fedc;
    const int error = system_call(call_number::reboot, magic1, magic2, power_off, nullptr);
    complain("poweroff", "reboot", error);
    return 1;
}
