// Before the first allocation: struct pages, zones, marks.
#include "mm/phys/page_allocator.hpp"

namespace {

// How much of each zone is kept for those who cannot go higher: one page for each
// `ratio` pages of the zones above (Linux: lowmem_reserve_ratio).
constexpr u32 reserve_ratio[MAX_NR_ZONES] = {256, 32, 1};

constexpr u32 least_min_free_kbytes = 128, most_min_free_kbytes = 262144;
// Between the marks lies at least this share of the zone, in ten-thousandths.
constexpr u32 watermark_scale_factor = 10;

constexpr u32 square_root(u32 value) {
    u32 root = 0;
    for (u32 bit = 1u << 15; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= value) root += bit;
    return root;
}

constexpr u32 scaled(u32 value, u32 by, u32 of) {
    return of == 0 ? 0 : static_cast<u32>(u64{value} * by / of);
}

constexpr u32 round_down_to_power_of_two(u32 value) {
    return value == 0 ? 0 : 1u << (std::bit_width(value) - 1);
}

}  // namespace

void page_allocator::init(const options& how) {
    kassert(is_aligned(how.frames, pageblock_nr_pages), "mem_map of {} pages has a part block",
            how.frames);
    map_ = how.map;
    frames_ = how.frames;
    owners_ = how.owners;
    memory_ = how.memory;
    u32 first = 0;
    for (unsigned type = 0; type < MAX_NR_ZONES; ++type) {
        const u32 end = min_of(how.zone_end[type], frames_);
        const pfn_range span{pfn(first), pfn(max_of(first, end))};
        const zone_type name = static_cast<zone_type>(type);
        zones_[type].init(name, map_, span, how.block_types);
        const u32 flags = page_flags::zone(name) | page_flags::bit(PG_reserved);
        for (page* at = map_ + span.start.raw(); at < map_ + span.end.raw(); ++at) {
            at->flags = flags;
            at->_refcount.store(1, memory_order::relaxed);
            at->_mapcount.store(-1, memory_order::relaxed);
            at->index = 0;
            at->mapping = nullptr;
            at->private_ = 0;
            page_list::init(*at);
        }
        first = span.end.raw();
    }
    set_ways();
    if (owners_)
        for (u32 frame = 0; frame < frames_; ++frame) owners_[frame] = {};
}

// Reserved frames become free ones, in as large blocks as their places allow.
void page_allocator::release(pfn_range frames) {
    for (zone& zone : zones_) {
        const pfn_range part = frames.intersection(zone.frames());
        if (part.empty()) continue;
        for (u32 frame = part.start.raw(); frame < part.end.raw(); ++frame) {
            kassert(PageReserved(map_[frame]), "frame {} is released, its flags are {:#x}", frame,
                    u32{map_[frame].flags});
            map_[frame].flags = page_flags::zone(zone.type());
            map_[frame]._refcount.store(0, memory_order::relaxed);
        }
        zone.manage(part.size());
        lock_guard held(zone.lock);
        zone.give_range_locked(map_ + part.start.raw(), part.size());
    }
    if (started_) start();
}

// Marks and list sizes follow from how much there is; again when that has changed.
void page_allocator::start() {
    started_ = true;
    // With few page blocks, keeping types apart would keep memory from being used.
    if (managed_pages() < pageblock_nr_pages * MIGRATE_TYPES && !mobility_disabled_) {
        mobility_disabled_ = true;
        for (zone& zone : zones_) {
            lock_guard held(zone.lock);
            for (u32 frame = zone.frames().start.raw(); frame < zone.frames().end.raw();
                 frame += pageblock_nr_pages)
                zone.set_block_type_locked(frame, MIGRATE_UNMOVABLE);
        }
    }
    set_ways();
    set_marks();
    set_pcp_limits();
}

void page_allocator::set_ways() {
    for (u32 bits = 0; bits < nr_ways; ++bits) {
        const gfp_t mask{bits};
        zone_type zone = gfp_zone(mask);
        // Where there is no high memory, who wants some begins with what there is.
        while (zone > ZONE_DMA && zones_[zone].frames().empty())
            zone = static_cast<zone_type>(zone - 1);
        const migrate_type type =
            mobility_disabled_ ? MIGRATE_UNMOVABLE : gfp_migrate_type(mask);
        ways_.first[bits] = &zones_[zone];
        ways_.flags[bits] = given_flags(zone, type);
        ways_.type[bits] = type;
    }
}

void page_allocator::set_marks() {
    const u32 lowmem = zones_[ZONE_DMA].managed_pages() + zones_[ZONE_NORMAL].managed_pages();
    const u32 wanted = square_root(lowmem * (PAGE_SIZE / 1024) * 16);
    min_free_kbytes_ = min_of(max_of(wanted, least_min_free_kbytes), most_min_free_kbytes);
    const u32 min_pages = min_free_kbytes_ / (PAGE_SIZE / 1024);
    for (zone& zone : zones_) {
        const u32 managed = zone.managed_pages();
        const u32 share = scaled(min_pages, managed, lowmem);
        // Nothing urgent needs high memory: a token amount will do.
        zone.wmark[WMARK_MIN] = zone.type() == ZONE_HIGHMEM
                                    ? min_of(max_of(managed / 1024, 32u), 128u)
                                    : share;
        if (managed == 0) zone.wmark[WMARK_MIN] = 0;
        const u32 step = max_of(share / 4, scaled(managed, watermark_scale_factor, 10000));
        zone.wmark[WMARK_LOW] = zone.wmark[WMARK_MIN] + step;
        zone.wmark[WMARK_HIGH] = zone.wmark[WMARK_MIN] + 2 * step;
        zone.set_plenty();
    }
    for (unsigned type = 0; type < MAX_NR_ZONES; ++type) {
        u32 above = 0;
        for (unsigned wanted_zone = type + 1; wanted_zone < MAX_NR_ZONES; ++wanted_zone) {
            above += zones_[wanted_zone].managed_pages();
            zones_[type].lowmem_reserve[wanted_zone] =
                zones_[type].managed_pages() > 0 ? above / reserve_ratio[type] : 0;
        }
    }
}

// Linux's sizes: batches of at most 256 KiB, a power of two less one; lists as long
// as the low mark, shared among the CPUs, but at least four batches.
void page_allocator::set_pcp_limits() {
    for (zone& zone : zones_) {
        u32 batch = min_of(zone.managed_pages() / 1024, u32{MiB / PAGE_SIZE}) / 4;
        if (batch < 1) batch = 1;
        batch = max_of(round_down_to_power_of_two(batch + batch / 2) - 1, 1u);
        zone.set_pcp_limits(max_of(zone.wmark[WMARK_LOW] / NR_CPUS, batch * 4), batch);
    }
}

u32 page_allocator::managed_pages() const {
    u32 pages = 0;
    for (const zone& zone : zones_) pages += zone.managed_pages();
    return pages;
}

u32 page_allocator::free_pages_count() const {
    u32 pages = 0;
    for (const zone& zone : zones_) pages += zone.free_pages();
    return pages;
}

u32 page_allocator::pages_in_use() const {
    u32 pages = 0;
    for (const zone& zone : zones_) pages += zone.pages_in_use();
    return pages;
}

const page_owner* page_allocator::owner(pfn frame) const {
    return owners_ ? &owners_[frame.raw()] : nullptr;
}
