// panic: see one, without having to make a mistake first.
#include "lib/command.hpp"
#include "lib/log.hpp"

REGISTER(monitor_command, panic_command) = {
    .name = "panic",
    .usage = "panic [WORD]",
    .help = "stop the machine as a bug would, to see the report",
    .run = [](command_line& line, text_sink&) -> int {
        panic("asked for by the monitor: {}", line.count() ? line.arg(0) : "no reason given");
    },
};
