#include "mm/phys/page_alloc.hpp"

#include "lib/boot_param.hpp"
#include "lib/log.hpp"
#include "mm/phys/page_allocator_usual.hpp"

constinit page_allocator contig_page_data;

namespace {

u32 pages_for(size_t bytes) {
    return static_cast<u32>((bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

}  // namespace

page* alloc_pages(gfp_t mask, unsigned order) { return contig_page_data.get(mask, order); }
void __free_pages(page* head, unsigned order) { contig_page_data.put(head, order); }

void* __get_free_pages(gfp_t mask, unsigned order) {
    if (any(mask & __GFP_HIGHMEM)) [[unlikely]] {
        pr_err("BUG: __get_free_pages({}): high memory has no address", mask);
        return nullptr;
    }
    page* const head = alloc_pages(mask, order);
    return head ? lowmem_page_address(head) : nullptr;
}

void free_pages(void* address, unsigned order) {
    if (address) __free_pages(virt_to_page(address), order);
}

void* alloc_pages_exact(size_t bytes, gfp_t mask) {
    const u32 pages = pages_for(bytes);
    if (pages == 0 || pages > pageblock_nr_pages) return nullptr;
    const unsigned order = std::bit_width(pages - 1);
    void* const address = __get_free_pages(mask, order);
    if (!address) return nullptr;
    page* const head = virt_to_page(address);
    the_page_allocator().split_page(head, order);
    for (u32 i = pages; i < 1u << order; ++i) __free_page(head + i);
    return address;
}

void free_pages_exact(void* address, size_t bytes) {
    if (!address) return;
    page* const head = virt_to_page(address);
    for (u32 i = 0; i < pages_for(bytes); ++i) __free_page(head + i);
}

REGISTER(boot_param, fail_page_alloc_param) = {
    .name = "fail_page_alloc",
    .help = "INTERVAL,PROBABILITY,SPACE,TIMES: page allocations that fail on purpose",
    .set = [](std::string_view value) { return contig_page_data.fail_page_alloc().set(value); },
};
