// buddyinfo, pagetypeinfo, zoneinfo in /proc (mem_files.hpp).
#include "lib/proc_file.hpp"
#include "mm/phys/mem_files.hpp"
#include "mm/phys/page_alloc.hpp"

REGISTER(proc_file, buddyinfo_file) = {
    .path = "buddyinfo",
    .show = [](text_sink& out) { print_buddyinfo(out, the_page_allocator()); }};
REGISTER(proc_file, pagetypeinfo_file) = {
    .path = "pagetypeinfo",
    .mode = 0400,
    .show = [](text_sink& out) { print_pagetypeinfo(out, the_page_allocator()); }};
REGISTER(proc_file, zoneinfo_file) = {
    .path = "zoneinfo",
    .show = [](text_sink& out) {
        print_zoneinfo(out, the_page_allocator(), the_memory_map());
    }};
REGISTER(proc_file, meminfo_file) = {
    .path = "meminfo",
    .show = [](text_sink& out) { print_meminfo(out, the_page_allocator(), vm_counters); }};
REGISTER(proc_file, min_free_kbytes_file) = {
    .path = "sys/vm/min_free_kbytes",
    .show = [](text_sink& out) { show_number(out, the_page_allocator().min_free_kbytes()); }};
