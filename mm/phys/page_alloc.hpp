// The kernel's calls for pages (B7), over the kernel's page allocator.
//
//     by struct page                     by address, in the linear map
//     alloc_page(mask)                   __get_free_page(mask)
//     alloc_pages(mask, order)           __get_free_pages(mask, order)
//                                        get_zeroed_page(mask)
//     __free_page(page)                  free_page(address)
//     __free_pages(page, order)          free_pages(address, order)
//     put_page(page)
//     alloc_contig_pages(count, mask)    alloc_pages_exact(bytes, mask)
//     free_contig_pages(page, count)     free_pages_exact(address, bytes)
//     alloc_pages_bulk_array(mask, count, pages)
//     free_pages_bulk_array(count, pages)
//
// All return null when there is none, the bulk calls as many as there are. An address is asked for where the linear map
// has one: with __GFP_HIGHMEM such a call is refused, by name.
#pragma once

#include "mm/phys/page_allocator.hpp"

extern page_allocator contig_page_data;  // Linux's name for the one node there is
inline page_allocator& the_page_allocator() { return contig_page_data; }

page* alloc_pages(gfp_t mask, unsigned order);
inline page* alloc_page(gfp_t mask) { return alloc_pages(mask, 0); }
void __free_pages(page* head, unsigned order);
inline void __free_page(page* page) { __free_pages(page, 0); }
inline void put_page(page* head) { the_page_allocator().put_page(head); }

void* __get_free_pages(gfp_t mask, unsigned order);
inline void* __get_free_page(gfp_t mask) { return __get_free_pages(mask, 0); }
inline void* get_zeroed_page(gfp_t mask) { return __get_free_pages(mask | __GFP_ZERO, 0); }
// Null is nobody's page, and nothing happens to it.
void free_pages(void* address, unsigned order);
inline void free_page(void* address) { free_pages(address, 0); }

inline page* alloc_contig_pages(u32 count, gfp_t mask) {
    return the_page_allocator().alloc_contig_pages(count, mask);
}
inline void free_contig_pages(page* first, u32 count) {
    the_page_allocator().free_contig_pages(first, count);
}

// Single pages, at a third of the price. What was got is in pages[0 ...].
inline u32 alloc_pages_bulk_array(gfp_t mask, u32 count, page** pages) {
    return the_page_allocator().alloc_pages_bulk(mask, count, pages);
}
// A reference of each goes, as put_page() does it: single pages, shared or not.
inline void release_pages(page* const* pages, u32 count) {
    the_page_allocator().free_pages_bulk(count, pages);
}
inline void free_pages_bulk_array(u32 count, page* const* pages) {
    the_page_allocator().free_pages_bulk(count, pages);
}

// As many pages as the bytes need: what a block has more is given back at once.
void* alloc_pages_exact(size_t bytes, gfp_t mask);
void free_pages_exact(void* address, size_t bytes);

// A frame's contents to zero, wherever it lies, and the same for all frames of the
// machine; mm/map defines both.
void clear_highpage(page* page);
frame_memory& kernel_frame_memory();
