// demo: runs what subsystems show of themselves (lib/demo.hpp).
#include "lib/command.hpp"
#include "lib/demo.hpp"
#include "lib/errno.hpp"

namespace {

int list_demonstrations(text_sink& out) {
    for (const demonstration* demo : registered<demonstration>())
        format_to(out, "  {:<12} {}\n", demo->name, demo->help);
    return 0;
}

int run_demonstration(command_line& line, text_sink& out) {
    if (line.count() == 0) return list_demonstrations(out);
    if (line.count() > 1) {
        out.write("usage: demo [NAME]\n");
        return EINVAL;
    }
    for (const demonstration* demo : registered<demonstration>())
        if (line.arg(0) == demo->name) return demo->run(out);
    format_to(out, "demo: there is no demonstration \"{}\"; demo alone lists them\n",
              line.arg(0));
    return ENOENT;
}

void complete_demonstrations(completion_sink& to) {
    for (const demonstration* demo : registered<demonstration>()) to.offer(demo->name);
}

}  // namespace

REGISTER(monitor_command, demo_command) = {
    .name = "demo",
    .usage = "demo [NAME]",
    .help = "perform a demonstration, or list them",
    .run = run_demonstration,
    .complete = complete_demonstrations,
};
