#include "mm/phys/page.hpp"

constinit page* mem_map = nullptr;
constinit u32 max_pfn = 0;

namespace {

constexpr const char* flag_names[NR_PAGEFLAGS] = {
    "locked",    "referenced",  "uptodate",  "dirty",   "lru",     "active", "slab",
    "writeback", "swapcache",   "swapbacked", "unevictable", "mlocked", "reclaim", "private",
    "contig",    "buddy",       "pcp",       "allocated", "reserved",
};

constexpr const char* zone_names[] = {"DMA", "Normal", "HighMem"};
constexpr const char* type_names[] = {"Unmovable", "Movable", "Reclaimable", "HighAtomic"};

}  // namespace

const char* zone_name(zone_type zone) { return zone < MAX_NR_ZONES ? zone_names[zone] : "?"; }
const char* migrate_type_name(migrate_type type) {
    return type < MIGRATE_TYPES ? type_names[type] : "?";
}

void format_value(text_sink& out, const format_spec&, page_flags_text text) {
    const char* separator = "";
    for (unsigned flag = 0; flag < NR_PAGEFLAGS; ++flag) {
        if (!(text.flags >> flag & 1)) continue;
        format_to(out, "{}{}", separator, flag_names[flag]);
        separator = "|";
    }
    if (*separator == '\0') out.write("none");
}
