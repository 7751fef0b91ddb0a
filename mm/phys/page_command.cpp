// page: what is known of a frame.
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/page_print.hpp"

REGISTER(monitor_command, page_command) = {
    .name = "page",
    .usage = "page PFN|p:ADDR",
    .help = "the struct page of a frame, in words",
    .run = [](command_line& line, text_sink& out) {
        if (line.count() == 1) return show_page(line.arg(0), the_page_allocator(), out);
        out.write("usage: page PFN|p:ADDR\n");
        return EINVAL;
    },
};
