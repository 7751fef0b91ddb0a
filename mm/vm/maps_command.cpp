// The monitor's looks at the areas of a space.
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "mm/vm/maps.hpp"
#include "mm/vm/named_space.hpp"
#include "mm/vm/smaps.hpp"

namespace {

int show(const command_line& line, text_sink& out, void (*print)(text_sink&, mm_struct&)) {
    const named_space mm(line.arg(0), out);
    if (!mm) return ESRCH;
    print(out, *mm);
    return 0;
}

}  // namespace

REGISTER(monitor_command, maps_command) = {
    .name = "maps",
    .usage = "maps [PID]",
    .help = "what a program's address space maps",
    .run = [](command_line& line, text_sink& out) { return show(line, out, show_maps); },
};

REGISTER(monitor_command, vmas_command) = {
    .name = "vmas",
    .usage = "vmas [PID]",
    .help = "the tree of its areas, and the holes between them",
    .run = [](command_line& line, text_sink& out) { return show(line, out, draw_vmas); },
};

REGISTER(monitor_command, smaps_command) = {
    .name = "smaps",
    .usage = "smaps [PID]",
    .help = "what each of its areas takes",
    .run = [](command_line& line, text_sink& out) { return show(line, out, show_smaps); },
};
