// params: what the kernel command line understands, in alphabetical order.
#include "kernel/monitor/help.hpp"
#include "lib/boot_param.hpp"

namespace {

const boot_param* param_after(const boot_param* last) {
    const boot_param* next = nullptr;
    for (const boot_param* p : registered<boot_param>()) {
        if (last && std::string_view(p->name) <= last->name) continue;
        if (!next || std::string_view(p->name) < next->name) next = p;
    }
    return next;
}

int list_params(command_line&, text_sink& out) {
    const boot_param* p = nullptr;
    while ((p = param_after(p))) write_two_columns(out, 20, p->name, p->help);
    out.write("\nInit gets the words that are not listed here, and those after \"--\".\n");
    return 0;
}

}  // namespace

REGISTER(monitor_command, params_command) = {
    .name = "params",
    .usage = "params",
    .help = "the words that the kernel command line knows",
    .run = list_params,
};
