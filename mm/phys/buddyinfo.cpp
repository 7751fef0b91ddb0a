#include "mm/phys/mem_files.hpp"

// Read without the lock, as in Linux: each figure was true at some moment.
void print_buddyinfo(text_sink& out, const page_allocator& allocator) {
    for (const zone& zone : allocator.zones()) {
        if (zone.managed_pages() == 0) continue;
        format_to(out, "Node 0, zone {:>8} ", zone.name());
        for (unsigned order = 0; order < MAX_ORDER; ++order)
            format_to(out, "{:>6} ", zone.area(order).nr_free);
        out.write("\n");
    }
}
