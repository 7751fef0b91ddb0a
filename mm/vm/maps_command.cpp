// The monitor's looks at the areas of the space that is loaded.
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/maps.hpp"

namespace {

int show_current(text_sink& out, void (*show)(text_sink&, mm_struct&)) {
    mm_struct* const mm = current_mm();
    if (!mm) {
        format_to(out, "no address space of a program is loaded\n");
        return ESRCH;
    }
    show(out, *mm);
    return 0;
}

}  // namespace

REGISTER(monitor_command, maps_command) = {
    .name = "maps",
    .usage = "maps",
    .help = "what the current address space maps",
    .run = [](command_line&, text_sink& out) { return show_current(out, show_maps); },
};

REGISTER(monitor_command, vmas_command) = {
    .name = "vmas",
    .usage = "vmas",
    .help = "the tree of its areas, and the holes between them",
    .run = [](command_line&, text_sink& out) { return show_current(out, draw_vmas); },
};
