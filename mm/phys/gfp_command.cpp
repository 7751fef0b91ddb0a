// gfp: what the flags mean, and who may have the last pages.
#include "lib/command.hpp"
#include "mm/phys/gfp_print.hpp"
#include "mm/phys/page_alloc.hpp"

REGISTER(monitor_command, gfp_command) = {
    .name = "gfp",
    .usage = "gfp",
    .help = "the flags of allocations, and who may have the last pages",
    .run = [](command_line&, text_sink& out) {
        print_gfp_flags(out);
        out.write("\n");
        print_gfp_marks(out, the_page_allocator());
        return 0;
    },
};
