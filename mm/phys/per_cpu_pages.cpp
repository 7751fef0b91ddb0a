// Each CPU's own lists of small blocks, in front of the buddy system. The caller has
// interrupts off and stays on its CPU.
#include "mm/phys/zone.hpp"

u32 zone::pcp_pages() const {
    u32 pages = 0;
    for (const per_cpu_pages& pcp : pcp_) pages += pcp.count;
    return pages;
}

void zone::set_pcp_limits(u32 high, u32 batch) {
    for (per_cpu_pages& pcp : pcp_) {
        pcp.high = high;
        pcp.batch = batch;
    }
}

page* zone::pcp_take(unsigned order, migrate_type type) {
    page_list& list = pcp_list(order, type);
    if (list.empty() && !pcp_refill(pcp_[smp_processor_id()], order, type, 1)) return nullptr;
    return pcp_pop(list, order);
}

u32 zone::pcp_take_many(migrate_type type, u32 most, page** pages) {
    per_cpu_pages& pcp = pcp_[smp_processor_id()];
    page_list& list = pcp.lists[0][type];
    if (list.empty() && !pcp_refill(pcp, 0, type, most)) return 0;
    const u32 taken = static_cast<u32>(list.pop_many(pages, most));
    pcp.count -= taken;
    pcp.free_factor = 0;
    return taken;
}

// A batch is a number of pages; of large blocks it is at least two. Who wants more gets
// more.
bool zone::pcp_refill(per_cpu_pages& pcp, unsigned order, migrate_type type, u32 wanted) {
    const u32 batch = pcp.batch > 1 ? max_of(pcp.batch >> order, u32{2}) : 1;
    const u32 blocks = max_of(batch, wanted);
    lock_guard held(lock);
    const u32 got = take_many_locked(pcp.lists[order][type], order, type, blocks);
    pcp.count += got << order;
    return got > 0;
}

// The longer a CPU only frees, the more it gives back at once.
void zone::pcp_trim(per_cpu_pages& pcp) {
    const u32 most = pcp.high > 2 * pcp.batch ? pcp.high - pcp.batch : pcp.batch;
    const u32 pages = pcp.batch << pcp.free_factor;
    if (pages < most) ++pcp.free_factor;
    pcp_give_back(pcp, min_of(pages, most));
}

void zone::pcp_drain() {
    per_cpu_pages& pcp = pcp_[smp_processor_id()];
    pcp_give_back(pcp, pcp.count);
}

// At least `pages`, or all: the cold ends of the lists, in turn. A list gives one block, and
// one more for each empty list before it: so the fuller ones give more, and nobody walks
// round and round past those that are empty.
void zone::pcp_give_back(per_cpu_pages& pcp, u32 pages) {
    lock_guard held(lock);
    const u32 keep = pcp.count > pages ? pcp.count - pages : 0;
    u32 blocks = 1;
    while (pcp.count > keep)
        for (unsigned order = 0; order < PCP_ORDERS; ++order)
            for (page_list& list : pcp.lists[order]) {
                if (list.empty()) {
                    ++blocks;
                    continue;
                }
                for (; blocks > 0 && pcp.count > keep && !list.empty(); --blocks) {
                    pcp.count -= 1u << order;
                    give_locked(list.pop_back(), order);
                }
                blocks = 1;
            }
}
