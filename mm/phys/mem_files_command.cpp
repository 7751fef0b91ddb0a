// buddyinfo, pagetypeinfo, zoneinfo, meminfo: the files of /proc at the monitor's
// prompt. Their lines are Linux's, and some are longer than 80 columns (mem_files.hpp).
#include "lib/command.hpp"
#include "mm/phys/mem_files.hpp"
#include "mm/phys/page_alloc.hpp"

REGISTER(monitor_command, buddyinfo_command) = {
    .name = "buddyinfo",
    .usage = "buddyinfo",
    .help = "free blocks of 2^0 ... 2^10 pages in each zone",
    .run = [](command_line&, text_sink& out) {
        print_buddyinfo(out, the_page_allocator());
        return 0;
    },
};

REGISTER(monitor_command, pagetypeinfo_command) = {
    .name = "pagetypeinfo",
    .usage = "pagetypeinfo",
    .help = "free blocks and page blocks by migrate type",
    .run = [](command_line&, text_sink& out) {
        print_pagetypeinfo(out, the_page_allocator());
        return 0;
    },
};

REGISTER(monitor_command, zoneinfo_command) = {
    .name = "zoneinfo",
    .usage = "zoneinfo",
    .help = "each zone: marks, reserves, the CPUs' lists",
    .run = [](command_line&, text_sink& out) {
        print_zoneinfo(out, the_page_allocator(), the_memory_map());
        return 0;
    },
};

REGISTER(monitor_command, meminfo_command) = {
    .name = "meminfo",
    .usage = "meminfo",
    .help = "how much memory there is, and how much of it is free",
    .run = [](command_line&, text_sink& out) {
        print_meminfo(out, the_page_allocator(), vm_counters);
        return 0;
    },
};
